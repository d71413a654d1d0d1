"""Ends files that their tenant does not keep any longer."""

import logging

from appliance.catalog.catalog import Catalog
from appliance.catalog.tenants import TenantRecord
from appliance.domain.retention import RetentionAction
from appliance.ports.clock import Clock
from appliance.services.worker import SECOND

INTERVAL_S = 3600.0
_DAY_US = 24 * 3600 * SECOND
#: Other writes wait for one batch, which takes a few hundredths of a second.
_BATCH = 100
_log = logging.getLogger(__name__)


class Retaining:
    """`run` looks through all tenants once. Each file is looked at again as it goes, so several processes may run."""

    def __init__(self, catalog: Catalog, clock: Clock) -> None:
        self._catalog = catalog
        self._clock = clock

    def run(self) -> int:
        """How many files went. Raises CatalogBusy; the next run goes on. A disabled tenant's files stay."""
        return sum(
            self._end_files(tenant)
            for tenant in self._catalog.tenants.all()
            if tenant.retention_days and tenant.disabled_at is None
        )

    def _end_files(self, tenant: TenantRecord) -> int:
        action = RetentionAction(tenant.retention_action)
        before = self._clock() - tenant.retention_days * _DAY_US
        went, place = 0, 0
        while due := self._catalog.retention.due(tenant.id, before=before, after=place, limit=_BATCH):
            place = due[-1][0]
            ids = [file_id for _, file_id in due]
            went += self._catalog.retention.expire(ids, action, before=before, now=self._clock())
        if went:
            _log.info("%d files of %s went: %s", went, tenant.id, action, extra={"tenant": tenant.id})
        return went
