"""The server of the page: on this machine alone, for whoever sits at it."""

import asyncio
import io
import socket
import tempfile
import webbrowser
from importlib.resources import files
from urllib.parse import urlsplit

from nicegui import app, ui
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sim.app.altered import Altered
from sim.app.asked import from_query, whole
from sim.app.crew import Crew
from sim.app.handout import handout
from sim.app.jobs import FIRST, Jobs, Queue
from sim.app.page import TITLE, Offered, Page
from sim.app.scenes import CHOICES
from sim.app.told import LOOKS
from sim.arrangements.reading import arrangement_names
from sim.core.faults import InputError
from sim.core.shipped import special
from sim.place.places import place_names
from sim.results.plain import write_csv
from sim.results.summary import STATISTICS
from sim.studies.futures import future_names

HOST = "127.0.0.1"
_HERE = ("127.0.0.1", "localhost", "::1")
_ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" fill="#00436b"/><path d="M3 4h10M5 8h8M8 12h5" stroke="#fff" stroke-width="2"/></svg>'
_PATIENCE = 60  # seconds that a tab may be out of touch before its page is let go of
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self' ws: data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class OnlyHere:
    """Answers those who call this machine by a name of its own, from a page of its own, and nobody else.

    A page of another site may lead a browser here by a name that it has made point to this machine, or call from its own scripts.
    """

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        """Answer, or refuse with 403."""
        if scope["type"] not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not is_here(headers.get("host", "")) or (
            "origin" in headers and headers["origin"] != f"http://{headers['host']}"
        ):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await PlainTextResponse("This page answers on its own machine alone.", 403)(scope, receive, send)
            return

        async def safely(message):
            if message["type"] == "http.response.start":
                more = [
                    (b"content-security-policy", _POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self.inner(scope, receive, safely)


def is_here(host):
    """Whether a Host header names this machine."""
    try:
        return urlsplit(f"//{host}").hostname in _HERE
    except ValueError:
        return False


class Site:
    """The page and what may be fetched beside it.

    Parameters
    ----------
    crew : Crew
    folder : path
        Where files of altered arrangements are written.
    given : dict of str to str
        The user's own arrangements, files by id.
    start : str
        The query of the link that is opened first.
    """

    def __init__(self, crew, folder, given):
        self._crew, self._altered = crew, Altered(folder, given)
        self._offered = Offered(place_names(), arrangement_names(), future_names(), given)
        self.jobs = None

    def begin(self):
        """Have workers ready, once there is a loop to wait in."""
        self._queue = Queue(self._crew)
        self.jobs = Jobs(self._queue, self._altered)
        for _ in range(self._crew.size):
            self._queue.put(FIRST, lambda: True, warm)

    def asked(self, request):
        """What a request's link asks for, and what is wrong with it."""
        return from_query(request.url.query, [*self._altered.given], CHOICES)

    def page(self, request):
        """Draw a tab's page."""
        asked, faults = self.asked(request)
        Page(self.jobs, asked, [item for item in faults if "'runs'" not in item], self._offered).build()

    async def known(self, request):
        """What the runs of a request's link come to: asked, job, and a Known each batch."""
        asked, _ = self.asked(request)
        runs = whole(request.query_params.get("runs", str(FIRST)), "runs", (1, LOOKS[-1]))
        job = await self.jobs.job(asked)
        return asked, job, await job.first(runs)

    async def summary(self, request):
        """The summary of runs, in the bytes of ``summary.csv``."""
        _, _, known = await self.known(request)
        text = io.StringIO()
        write_csv(text, known[_batch(request, len(known))].summary, STATISTICS)
        return text.getvalue()

    async def workbook(self, request):
        """The workbook of runs, in the bytes of ``tables.xlsx``."""
        asked, job, known = await self.known(request)
        return await self.jobs.workbook(asked, _batch(request, len(job.studies)), known[0].n)

    async def incentives(self, request):
        """Who gains by programmes, in the bytes of ``incentives.csv``."""
        asked, _ = self.asked(request)
        return (await self.jobs.stakes(asked, asked.left))[1].to_csv(index=False, lineterminator="\n")

    async def handout(self, request):
        """One page to hand out."""
        asked, job, known = await self.known(request)
        said, _ = await self.jobs.stakes(asked, asked.left)
        script = self.jobs.script(asked, known[0].n)
        return handout(asked, job.studies, known, said, script, str(request.base_url))


def _batch(request, most):
    return whole(request.query_params.get("batch", "0"), "batch", (0, most - 1))


def warm():
    """Compile what a run needs, in a worker."""
    from sim.studies.run import attempt
    from sim.studies.study import load_study

    attempt(load_study(special("side_by_side"), "milltown", years=2, families=500), 0, 1)


_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _answers(work, kind="text/html", name=None):
    """A route that answers with a page or a file, or with the one line of what is wrong."""
    held = {"content-disposition": f'attachment; filename="{name}"'} if name else None

    async def route(request):
        try:
            return Response(await work(request), media_type=kind, headers=held)
        except InputError as error:
            return PlainTextResponse(f"{error}\n", 400)

    return route


def serve(port, browser, given):
    """Serve the page until an interrupt.

    Parameters
    ----------
    port : int
    browser : bool
        Whether it is opened in the user's browser.
    given : dict of str to str
        The user's own arrangements, files by id.
    """
    check_free(port)
    address = f"http://{HOST}:{port}/"
    with tempfile.TemporaryDirectory(prefix="listsim-") as folder, Crew() as crew:
        site = Site(crew, folder, given)
        app.add_middleware(OnlyHere)
        app.config.quasar_config["loadingBar"]["skipHijack"] = (
            True  # a bar without a name, over requests that are none of ours
        )
        app.on_startup(site.begin)
        app.on_startup(lambda: asyncio.get_running_loop().call_soon(_ready, address, browser))
        app.add_static_files("/own", files("sim") / "app" / "own")
        app.add_route("/healthz", lambda _: PlainTextResponse("ok\n"))
        app.add_route("/summary.csv", _answers(site.summary, "text/csv", "summary.csv"))
        app.add_route("/tables.xlsx", _answers(site.workbook, _BOOK, "tables.xlsx"))
        app.add_route("/incentives.csv", _answers(site.incentives, "text/csv", "incentives.csv"))
        app.add_route("/handout", _answers(site.handout))
        ui.add_head_html(
            '<link rel="stylesheet" href="/own/page.css"><script src="/own/page.js" defer></script>', shared=True
        )

        @ui.page("/", title=TITLE, language="en-GB", reconnect_timeout=_PATIENCE)
        def page(request: Request):
            site.page(request)

        ui.run(
            host=HOST,
            port=port,
            title=TITLE,
            show=False,
            reload=False,
            tailwind=False,
            show_welcome_message=False,
            favicon=_ICON,
            timeout_graceful_shutdown=1,
            binding_refresh_interval=None,
        )


def check_free(port):
    """See that nobody listens on a port of this machine.

    Raises
    ------
    InputError
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InputError(
                "--port", port, f"cannot be listened on ({error.strerror})", "give another, such as 8081"
            ) from None


def _ready(address, browser):
    print(f"listsim app: {address}", flush=True)
    if browser:
        webbrowser.open(address)
