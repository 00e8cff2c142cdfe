"""Who may see /admin: admins alone, who gave their password once more within the last quarter of an hour."""

from collections.abc import Sequence

from quart import Response, abort, request

from mailapp.flow.signing_in import LoginRefused
from mailapp.values import dataclass
from mailapp.web.access import refuse
from mailapp.web.context import context, site
from mailapp.web.fragments import current_path, is_fragment, local_path, page
from mailapp.web.reader import current_account, current_reader
from mailapp.web.session import LONGEST_PASSWORD

ROOT = "/admin"
SESSION = "/admin/session"
PASSWORD = "admin_password"  # noqa: S105 - a field's name
"""Field of a form that was posted too late and is posted once more with the password."""
NEVER_REPEATED = ("secret", "password", PASSWORD)


@dataclass(frozen=True, slots=True)
class StepForm:
    """The page that asks for the password."""

    address: str
    action: str
    next: str = ""
    error: str = ""
    kept: Sequence[tuple[str, str]] = ()
    """Fields of the form that came too late; secrets are not among them."""

    @property
    def password(self) -> str:
        """Name of the password's field."""
        return "password" if self.action == SESSION else PASSWORD


async def guard() -> Response | None:
    """Before every request: None lets it through. Everything under /admin is answered here, whatever its view."""
    if request.path != ROOT and not request.path.startswith(ROOT + "/"):
        return None
    reader = current_reader()
    if reader.account is None:
        return refuse()
    if not reader.account.is_admin:
        abort(404)
    if request.path == SESSION or site().second_steps.stands(reader.token_hash, context().clock()):
        return None
    if is_fragment():
        return Response("", 403, {"HX-Redirect": admin_path(current_path()), "Cache-Control": "no-store"})
    if request.method == "GET":
        return await ask(StepForm(reader.account.address, SESSION, request.full_path.rstrip("?")), 403)
    return await _too_late()


async def _too_late() -> Response | None:
    """A form whose page stood too long: nothing typed is lost, it goes on with the password."""
    given = await request.form
    kept = [(name, value) for name, value in given.items(multi=True) if name not in NEVER_REPEATED]
    form = StepForm(current_account().address, request.path, kept=kept)
    return await take(given[PASSWORD], form) if PASSWORD in given else await ask(form, 403)


async def take(password: str, form: StepForm) -> Response | None:
    """Make the second step: None where the password is right, else the page that asks again."""
    reader = current_reader()
    try:
        await context().signing_in.confirm(current_account(), password[:LONGEST_PASSWORD], request.remote_addr or "")
    except LoginRefused as refusal:
        return await _again(form, refusal.retry_after)
    site().second_steps.begin(reader.token_hash, context().clock())
    return None


async def _again(form: StepForm, retry_after: int) -> Response:
    reader = current_reader()
    if not retry_after:
        error = reader.gettext("The password is wrong.")
        return await ask(StepForm(form.address, form.action, form.next, error, form.kept), 401)
    error = reader.ngettext(
        "Too many tries. Try again in {number} second.", "Too many tries. Try again in {number} seconds.", retry_after
    ).format(number=retry_after)
    response = await ask(StepForm(form.address, form.action, form.next, error, form.kept), 429)
    response.headers["Retry-After"] = str(retry_after)
    return response


async def ask(form: StepForm, status: int) -> Response:
    """The page that asks for the password."""
    return await page("admin_session.html", status, form=form)


def admin_path(value: str) -> str:
    """`value` where it is a path of the admin pages, else their first."""
    path = local_path(value, ROOT)
    return path if path == ROOT or path.startswith((ROOT + "/", ROOT + "?")) else ROOT
