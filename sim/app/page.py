"""The page of one browser tab: what is asked on top, a scene below it; all of its state is in its link."""

import asyncio
import base64
from dataclasses import replace
from urllib.parse import urlencode

from nicegui import ui

from sim.app import scenes, why
from sim.app.asked import NOBODY, SCENES, SPANS, Asked, Side, whole
from sim.app.controls import button, check, choice, element, link, number, slider, table
from sim.app.lessons import LESSONS
from sim.app.sides import names_of, progress, shown
from sim.app.turning import TURNED
from sim.arrangements.reading import load_arrangement
from sim.core.dials import DIALS
from sim.core.faults import InputError
from sim.core.text import file_name, printable
from sim.place.places import load_place
from sim.record.measures import MEASURES
from sim.studies.futures import load_future

TITLE = "Where the savings go"
_GUIDE = "A trainer's guide with sentences to expect is in docs/teaching.md."


class Page:
    """What one tab shows; it shares nothing with another but the runs of a question that both ask.

    Parameters
    ----------
    jobs : Jobs
    asked : Asked
    faults : list of str
        What its link got wrong.
    offered : Offered
    """

    def __init__(self, jobs, asked, faults, offered):
        self.jobs, self.asked, self.faults, self.offered = jobs, asked, faults, offered
        self.client, self.job, self._turn, self._drawn = ui.context.client, None, 0, None
        self._said = []

    def build(self):
        """Draw all of it but for the scene, which follows once the tab is connected."""
        with element("header"):
            element("h1", TITLE)
            element(
                "p",
                "Early intervention costs one body and saves others. Turn a dial, and see who pays, who gains and what becomes of the saving.",
            )
        with element("div"):
            self.alert = element("div", classes="faults", role="alert")
            self._lessons()
            with element("section", classes="asked", aria_label="What is compared"):
                self.form = element("div")
            with element("nav", classes="scenes", aria_label="Scenes"):
                self.tabs = {
                    name: button(f"{i}. {scenes.TITLES[name]}", lambda name=name: self.look(scene=name))
                    for i, name in enumerate(SCENES, 1)
                }
            with element("section", classes="scene", aria_label="Scene"):
                self.status = element("p", "", "progress", role="status")
                self.scene = element("div")
            self.below = element("section", classes="again", aria_label="Take it with you")
        self.dialog = ui.dialog()
        self.client.on_connect(self.ask)
        self.client.on_delete(self._close)
        self._fill_form()
        self._fill_alert()

    def _lessons(self):
        with element("details"):
            element("summary", "Lessons for a class")
            with element("ol"):
                for item in LESSONS:
                    with element("li"):
                        link(item.title, f"/?{item.look}")
                        element("span", f" ({item.minutes} minutes): {item.ask}")

    async def ask(self):
        """Answer what is asked now, and go on watching until somebody asks otherwise."""
        self._turn += 1
        turn = self._turn
        self._mark()
        self._leave()
        try:
            job = await self.jobs.job(self.asked)
        except InputError as error:
            self._fail(error)
            return
        if turn != self._turn or self.client.is_deleted:
            return
        self.job, self._drawn = job, None
        job.watch(self, self._tell, scenes.goal(self.asked, lambda known: shown(self.asked, job.studies, known)))
        self._tell(job)
        if self.asked.scene in scenes.OF_PLACE:
            await self._draw_of_place(job, turn)

    async def turn(self, change):
        """Ask otherwise: a function of what is asked gives what is asked from now on."""
        self.faults = []
        try:
            self.asked = change(self.asked)
        except InputError as error:
            self.faults = [str(error)]
        self._fill_alert()
        self.client.run_javascript(f'history.replaceState({{}}, "", "/?{self.asked.query()}")')
        await self.ask()

    async def look(self, **otherwise):
        """Look at something else of what is asked."""
        await self.turn(lambda asked: replace(asked, **otherwise))

    def _close(self):
        self._turn += 1
        self._leave()

    def _leave(self):
        if self.job:
            self.job.leave(self)
        self.job = None

    def _mark(self):
        """Show in what the page looks like what is asked of its looks."""
        for name, tab in self.tabs.items():
            tab.props["aria-current"] = "page" if name == self.asked.scene else "false"
            tab.update()
        self.client.run_javascript(
            f"document.body.classList.toggle('large', {'true' if self.asked.large else 'false'})"
        )

    def _fill_alert(self):
        self.alert.clear()
        with self.alert:
            for fault in self.faults:
                element("p", printable(fault, 400))

    def _fail(self, error):
        self.faults = [str(error)]
        self._fill_alert()
        self.scene.clear()
        self.below.clear()
        self.status.text = "Nothing is run until that is changed."

    # what is asked

    def _fill_form(self):
        self.form.clear()
        asked, offered = self.asked, self.offered
        with self.form, element("div", classes="fields"):
            choice("Place", offered.places, asked.place, lambda value: self.turn(lambda now: replace(now, place=value)))
            choice(
                "Future", offered.futures, asked.future, lambda value: self.turn(lambda now: replace(now, future=value))
            )
            choice(
                "Left",
                offered.arrangements,
                asked.left.arrangement,
                lambda value: self.turn(lambda now: replace(now, left=replace(now.left, arrangement=value))),
            )
            right = asked.right.arrangement if asked.right else NOBODY
            choice("Right", {NOBODY: "nothing beside it", **offered.arrangements}, right, self._choose_right)
            number("Families", asked.families, SPANS["families"], self._choose_families, "as the place has")
            check("Dials of its own for each side", asked.split, self._choose_split)
            check("Large type", asked.large, lambda value: self.look(large=value))
        with self.form, element("details", classes="dials", open=True):
            element("summary", "Seven dials")
            with element("div", classes="turned"):
                for name, dial in TURNED.items():
                    self._dial(name, dial)
            button("All dials back", self._back)

    def _dial(self, name, dial):
        sides = [("", False)] if not (self.asked.split and self.asked.right) else [("Left", False), ("Right", True)]
        with element("fieldset"):
            element("legend", dial.asked)
            for side, right in sides:
                value = (self.asked.right if right else self.asked.left).dials[name]
                label = f"{dial.asked} {side}".strip()
                if side:
                    element("span", side, "side")

                def on_change(value, right=right):
                    return self.turn(lambda now: now.turn(name, value, right))

                if dial.choices:
                    choice("", dial.choices, value, on_change, aria_label=label)
                else:
                    limits = DIALS[dial.sets]
                    slider(label, value, (limits.low, limits.high), dial.step, (dial.low_end, dial.high_end), on_change)
            button(
                "Range and source",
                lambda: self._explain_dial(dial),
                "quiet",
                aria_label=f"Range and source: {dial.asked}",
            )

    async def _choose_right(self, value):
        right = None if value == NOBODY else Side(value, dict((self.asked.right or self.asked.left).dials))
        await self.turn(lambda now: replace(now, right=right, split=now.split and right is not None))
        self._fill_form()

    async def _choose_families(self, value):
        await self.turn(lambda now: replace(now, families=self.offered.families(value)))

    async def _choose_split(self, value):
        def split(now):
            alike = replace(now.right, dials=dict(now.left.dials)) if now.right and not value else now.right
            return replace(now, split=value and now.right is not None, right=alike)

        await self.turn(split)
        self._fill_form()

    async def _back(self):
        plain = Asked()
        await self.turn(
            lambda now: replace(
                now, left=Side(now.left.arrangement), right=now.right and Side(now.right.arrangement), split=plain.split
            )
        )
        self._fill_form()

    def _explain_dial(self, dial):
        said = [
            ("Where it stands by default", dial.in_words(dial.default)),
            ("Range", dial.range),
            ("Source", dial.source),
        ]
        commands = (
            [f"listsim explain {dial.explained}"]
            if dial.explained
            else [f"listsim explain {self.asked.left.arrangement}"]
        )
        self._open(dial.asked, printable(dial.meaning), [("", ("", ""), said)], commands)

    # scenes

    def _tell(self, job):
        """Show how far the runs are, and draw the scene anew where a look has told something."""
        if self.client.is_deleted or job is not self.job:
            return
        self.status.text = progress(job)
        known = job.known()
        if job.failure or known is None or self._drawn == known[0].n:
            return
        self._drawn = known[0].n
        if self.asked.scene not in scenes.OF_PLACE:
            sides = shown(self.asked, job.studies, known)
            self._draw(scenes.of_runs(self.asked, sides), lambda cell: why.of_measure(sides[cell.side], cell.measure))
        self._draw_below(job, known[0].n)

    async def _draw_of_place(self, job, turn):
        self.scene.clear()
        with self.scene:
            element(
                "p", "Working out what programmes would save at this place, which takes some seconds the first time."
            )
        sides = self.asked.sides if self.asked.split else self.asked.sides[:1]
        try:
            said = [(await self.jobs.stakes(self.asked, side, lambda: turn == self._turn))[0] for side in sides]
        except InputError as error:
            self._fail(error)
            return
        if turn == self._turn and not self.client.is_deleted:
            names = names_of(self.asked, job.studies)
            said = said[:1] if said[0] == said[-1] else said
            self._draw(
                scenes.of_place(self.asked, names, said), lambda cell: why.of_programme(said[cell.side], cell.programme)
            )

    def _draw(self, scene, reason):
        """Draw a scene in place of the last one."""
        self.scene.clear()
        with self.scene:
            element("h2", scenes.TITLES[self.asked.scene])
            with element("div", classes="sentences", aria_live="polite"):
                for sentence in scene.sentences:
                    element("p", printable(sentence))
            self._controls()
            with element("div", classes="pictures"):
                for picture in scene.pictures:
                    self._picture(picture)
            for title, heads, rows in scene.tables:
                table(title, heads, rows, lambda cell: self._cell(cell, reason))
        self.client.run_javascript("window.refocus && refocus()")

    def _controls(self):
        """What a scene lets one choose beside the dials."""
        if self.asked.scene in scenes.ABOUT:
            options = {name: MEASURES[name].label for name in scenes.CHOICES}
            choice(
                "The sentence is about",
                options,
                scenes.about(self.asked),
                lambda value: self.look(about=value),
                id="about",
            )
        if self.asked.scene == "years":
            with element("div", classes="stepper", role="group", aria_label="Year"):
                button("Year before", lambda: self.look(year=max(1, self.asked.year - 1)), id="before")
                element("strong", f"Year {self.asked.year}")
                button("Next year", lambda: self.look(year=min(self.asked.years, self.asked.year + 1)), id="next")

    def _picture(self, picture):
        with element("figure"):
            element("figcaption", printable(picture.title))
            with element(
                "div",
                role="img",
                aria_label=f"{printable(picture.title)}. {picture.words} The table below has the numbers.",
            ):
                chart = ui.echart(picture.options, renderer="canvas").style(f"height:{picture.height}px")
            element("p", picture.words, "words")
            button(
                "PNG",
                lambda: self._png(chart, picture),
                "quiet",
                aria_label=f"Picture as PNG: {printable(picture.title)}",
            )

    async def _png(self, chart, picture):
        data = await chart.run_chart_method(
            "getDataURL", {"type": "png", "pixelRatio": 2, "backgroundColor": "#fff"}, timeout=10
        )
        ui.download.content(
            base64.b64decode(data.partition(",")[2]),
            f"{self.asked.scene}-{file_name(picture.title)[:60]}.png",
            "image/png",
        )

    def _cell(self, cell, reason):
        if not cell or not cell.text:
            return
        about = cell.measure or cell.programme
        button(
            cell.text,
            lambda: self._explain(reason(cell)),
            "number",
            title="Why?",
            id=f"why-{cell.side}-{about}-{file_name(cell.text)}",
            aria_label=f"{cell.text}. Why?",
        )

    async def _explain(self, reason):
        """Say why a number is what it is, down to its parameters and their sources."""
        settings = self.asked.left.settings
        rows = await asyncio.to_thread(why.explained, reason.parameters, self.asked.place, settings)
        tables = (
            [*reason.tables, ("Parameters that move it", ("", "value", "range", "source"), rows)]
            if rows
            else reason.tables
        )
        with self.client:
            self._open(reason.title, printable(reason.meaning), tables, reason.commands, reason.value)

    def _open(self, title, meaning, tables, commands, value=""):
        self.dialog.clear()
        self.dialog.props["aria-label"] = f"Why? {title}"
        with self.dialog, element("div", classes="why"):
            element("h2", printable(title))
            if value:
                element("p", value, "value")
            element("p", meaning, "lines")
            for head, heads, rows in tables:
                table(head, heads, rows, lambda text: element("span", printable(text)))
            for command in commands:
                element("pre", command, tabindex="0")
            button("Close", self.dialog.close)
        self.dialog.open()

    # what can be taken away

    def _draw_below(self, job, n):
        """Link, command and files of what is seen now."""
        query, asked = self.asked.query(), self.asked
        script = self.jobs.script(asked, n)
        self.below.clear()
        with self.below:
            element("h2", "Do this again")
            element("pre", script, tabindex="0", aria_label="Commands that come to the same numbers")
            button("Copy the commands", lambda: ui.clipboard.write(script), id="copy")
            element("h2", "One path through it")
            for at, name in enumerate(names_of(asked, job.studies)):
                for kind in ("family", "pound"):
                    button(
                        f"One {kind}'s path: {printable(name)}",
                        lambda at=at, kind=kind, name=name: self._trace(at, kind, name),
                        id=f"trace-{kind}-{at}",
                    )
            element("h2", "Take it with you")
            with element("ul", classes="files"):
                with element("li"):
                    link("Link to this view", f"/?{query}", id="link")
                for at, _ in enumerate(job.studies):
                    side = "" if len(job.studies) == 1 else (" of the left side", " of the right side")[at]
                    runs = urlencode({"runs": n, "batch": at})
                    for words, file in (("Summary", "summary.csv"), ("Workbook", "tables.xlsx")):
                        with element("li"):
                            link(
                                f"{words}{side} ({file[-4:].strip('.').upper()})",
                                f"/{file}?{query}&{runs}",
                                download=file,
                            )
                with element("li"):
                    link("Who gains (CSV)", f"/incentives.csv?{query}", download="incentives.csv")
                with element("li"):
                    link("One page to hand out", f"/handout?{query}&{urlencode({'runs': n})}", target="_blank")
            element("p", _GUIDE)

    async def _trace(self, at, kind, name):
        """Follow one family, or one pound, through the first run of a side."""
        turn = self._turn
        self.status.text = f"Following one {kind}."
        try:
            lines, command = await self.jobs.path(self.asked, at, kind, lambda: turn == self._turn)
        except InputError as error:
            lines, command = [str(error)], ""
        if turn != self._turn or self.client.is_deleted:
            return
        self.status.text = progress(self.job)
        with self.client:
            self._open(f"One {kind}: {name}", "\n".join(map(printable, lines)), [], [command] if command else [])


class Offered:
    """What a page lets one choose from.

    Parameters
    ----------
    places, arrangements, futures : list of str
        Ids.
    given : dict of str to str
        The user's own arrangements, files by id.
    """

    def __init__(self, places, arrangements, futures, given):
        self.places = {name: printable(load_place(name).name) for name in places}
        self.futures = {name: printable(load_future(name).name) for name in futures}
        self.arrangements = {name: printable(load_arrangement(name).name) for name in arrangements}
        self.arrangements |= {name: printable(load_arrangement(file).name) for name, file in given.items()}

    @staticmethod
    def families(text):
        """A number of families that was typed; None where the field is empty."""
        return None if text in ("", None) else whole(str(text), "families", SPANS["families"])
