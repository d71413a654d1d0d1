# The appliance: API, workers and the commands. Nothing of it runs as root but what prepares the folders.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY scripts/lock/appliance.txt scripts/lock/
RUN python3 -m venv /opt/appliance \
    && /opt/appliance/bin/pip install --quiet --no-cache-dir --require-hashes -r scripts/lock/appliance.txt
COPY scripts/frontend.py scripts/
COPY appliance/web/frontend appliance/web/frontend
# Where a proxy stands between here and npm: its authority, as Node names it.
ARG NODE_EXTRA_CA_CERTS=
RUN mkdir -p appliance/web/static && /opt/appliance/bin/python -m scripts.frontend
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY gui gui
COPY appliance appliance
RUN /opt/appliance/bin/pip install --quiet --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/appliance /opt/appliance
# HOME: the account is whatever PUID says, and has none of its own.
ENV PATH=/opt/appliance/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 MEDIA_DATA_DIR=/state
CMD ["media-appliance", "serve"]
