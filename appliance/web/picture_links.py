"""Links of pictures: a transformation is checked, brought into its canonical form, and signed where it must be."""

from typing import Annotated, Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field

from appliance.domain.errors import Conflict, InvalidRequest
from appliance.domain.files import STORED
from appliance.domain.kinds import Kind
from appliance.domain.transformations import MAX_TEXT, parse
from appliance.web.addresses import addresses
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Body, View
from appliance.web.context import context
from appliance.web.fields import FilePath
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.views import FileViews

api = APIBlueprint("pictures", __name__, abp_tags=[DocTag(name="pictures")], abp_security=SECURITY)


class PictureBody(Body):
    """What the picture is to be turned into."""

    transformation: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] = Field(
        description="in Cloudinary's grammar, `w_300,h_200,c_fill,g_auto,f_auto` for instance"
    )


class PictureView(View):
    """A picture's link. Parameters in another order, or written in another way, have the same one."""

    url: str = Field(description="works now; carries a token where the file is private")
    transformation: str = Field(description="canonical")
    expires_at: str | None = Field(description="when the token of a private file ends")


@api.post("/get/<fileId>/image", responses={200: PictureView, **responses(*EVERYWHERE, 404, 409)})
@require("read")
def link_picture(path: FilePath, body: PictureBody) -> dict[str, Any]:
    """The link of a picture or film as a picture of another size, shape and format; of a film, `so_2.5` takes a time.

    An appliance that is not strict answers the same link without being asked for it: this call adds the signature.
    """
    given = context()
    record = given.catalog.files.get(access_key().tenant_id, path.file_id)
    if record.state not in STORED:
        raise Conflict(f"The file is {record.state}.")
    asked = parse(body.transformation)
    if record.kind is Kind.FILE:
        raise InvalidRequest("fileId: the file is neither a picture nor a film.", field="fileId")
    if asked.at is not None and record.kind is not Kind.VIDEO:
        raise InvalidRequest("so: only films have a time.", field="so")
    url, expires_at = FileViews(given, addresses()).picture(record, str(asked))
    return {"url": url, "transformation": str(asked), "expiresAt": expires_at}
