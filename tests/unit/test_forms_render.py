"""A form as a page: works without scripts, says what is wrong, and shows everything as text."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from lxml.html import HtmlElement

from forms import Form, check, from_post, render, rows_asked, shipped
from forms.posting import RowsAsked

FORMS = {name: Form.parse(name, content) for name, content in shipped().items()}
VIENNA = ZoneInfo("Europe/Vienna")
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
CRITERIA = [
    {"criterion": "c1", "measure": "Balances", "threshold": "Equal the ledger"},
    {"criterion": "c2", "measure": "Letters", "threshold": "All in hand"},
]
PEOPLE = [(f"p{n}", f"Person {n}") for n in range(12)]
CHOICES = {
    "person": PEOPLE,
    "team": [("t1", "Accounting")],
    "product": [("s1", "Statements")],
    "action": [("a1", "Correct the rows"), ("a2", "Call them")],
}
PREFILL = {
    "criteria": CRITERIA,
    "measured": CRITERIA,
    "targets": [{"target": "t1", "label": "Miller"}, {"target": "t2", "label": "Huber"}],
}


def _page(step: str, **more: object) -> HtmlElement:
    options = {"tz": VIENNA, "prefill": PREFILL, "choices": CHOICES} | more
    markup = render(FORMS[step], **options)  # type: ignore[arg-type]
    return lxml_html.fromstring(f"<form>{markup}</form>")


def _posted(page: HtmlElement) -> dict[str, list[str]]:
    post: dict[str, list[str]] = {}
    for name, value in page.form_values():
        post.setdefault(name, []).append(value)
    return post


def _one(page: HtmlElement, name: str) -> HtmlElement:
    (found,) = page.xpath("//*[@name=$name]", name=name)
    return found


@pytest.mark.parametrize("step", sorted(FORMS))
def test_every_control_has_a_label_and_every_id_stands_once(step: str):
    page = _page(step, draft=True)

    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for control in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        labelled = page.xpath("//label[@for=$id]", id=control.get("id"))
        wrapped = control.xpath("ancestor::label")
        assert labelled or wrapped or control.get("aria-label"), control.get("name")
    for described in page.xpath("//@aria-describedby"):
        assert set(described.split()) <= set(ids)


@pytest.mark.parametrize("step", sorted(FORMS))
def test_pages_carry_no_script_and_no_inline_style(step: str):
    page = _page(step)

    assert not page.xpath("//script | //style | //@style | //@onclick")


@pytest.mark.parametrize("step", sorted(FORMS))
def test_the_button_that_enter_presses_sends_the_form(step: str):
    first = _page(step).xpath("//button")[0]

    assert first.get("name") is None
    assert first.text == FORMS[step].submit


def test_the_confirmer_sees_what_is_looked_at_and_three_answers_for_each():
    page = _page("confirm_outcome")

    cards = page.xpath("//fieldset[@class='answers-row']")
    assert [card.xpath("string(legend)").split()[-1] for card in cards] == ["Balances", "Letters"]
    assert "Equal the ledger" in cards[0].text_content()
    answers = [
        label.xpath("string(span)") for label in cards[0].xpath(".//label[.//@type='radio']")
    ]
    assert answers == ["It is right", "Partly", "Not right"]
    assert not page.xpath("//*[@name='answer']")
    assert _one(page, "criteria.1.criterion").get("value") == "c2"


def test_nothing_is_chosen_for_the_confirmer():
    assert not _page("confirm_outcome").xpath("//@checked")


def test_what_is_wrong_stands_above_and_at_the_field():
    checked = check(
        FORMS["confirm_outcome"],
        {"criteria": [{"criterion": "c1", "answer": "yes"}, {"criterion": "c2", "answer": "no"}]},
        choices={},
        prefill=PREFILL,
    )

    page = _page("confirm_outcome", values=checked.answers, findings=checked.findings)

    (link,) = page.xpath("//*[@role='alert']//a")
    field = _one(page, "criteria.1.words")
    assert link.text == "Letters: Please say what is still wrong."
    assert link.get("href") == f"#{field.get('id')}"
    assert field.get("aria-invalid") == "true"
    (said,) = page.xpath("//*[@id=$id]", id=field.get("aria-describedby").split()[-1])
    assert said.text == "Please say what is still wrong."


@pytest.mark.parametrize("step", sorted(FORMS))
def test_every_line_of_the_summary_leads_somewhere(step: str):
    checked = check(FORMS[step], {}, choices=CHOICES, prefill=PREFILL)

    page = _page(step, values=checked.answers, findings=checked.findings)

    links = page.xpath("//*[@role='alert']//a/@href")
    assert len(links) == len(checked.findings) > 0
    assert all(page.xpath("//*[@id=$id]", id=link[1:]) for link in links)


def test_findings_without_a_field_are_said_too():
    page = _page("confirm_outcome", values={}, findings={"confirmed": "Not asked."})

    assert page.xpath("string(//*[@role='alert']//li)") == "confirmed: Not asked."


def test_conditional_fields_are_there_without_scripts_and_say_when_they_count():
    page = _page("decide_without_answer")

    (field,) = page.xpath("//*[@data-shown-if='decided=keep_asking']")
    assert "Only if you choose “Keep asking until a date”." in field.text_content()
    assert _one(page, "until").get("type") == "date"


def test_instants_are_shown_on_the_reader_s_clock():
    page = _page("verify_outcome", values={"right_since": "2026-07-15T07:30:00Z"})

    assert _one(page, "right_since").get("value") == "2026-07-15T09:30"
    assert "Europe/Vienna" in page.text_content()


def test_a_few_are_ticked_and_many_are_chosen_line_by_line():
    few = _page("propose_action", values={"after": ["a2"]})
    many = _page("agree_what_right_means", values={"confirmers": ["p3"]})

    assert few.xpath("//input[@name='after' and @checked]/@value") == ["a2"]
    assert many.xpath("//select[@name='confirmers.0']/option[@selected]/@value") == ["p3"]


def test_one_more_row_is_shown_and_gets_the_cursor():
    page = _page(
        "agree_what_right_means", values={}, rows=RowsAsked({"criteria": 3}, added="criteria")
    )

    assert len(page.xpath("//*[starts-with(@name, 'criteria.')][contains(@name, 'measure')]")) == 3
    assert page.xpath("//*[@autofocus]/@name") == ["criteria.2.measure"]


def test_what_a_reader_has_emptied_stays_empty():
    prefill = {"criteria": [{"measure": "Balances", "threshold": "Equal"}]}

    fresh = _page("agree_what_right_means", prefill=prefill)
    again = _page("agree_what_right_means", prefill=prefill, values={})

    assert _one(fresh, "criteria.0.measure").get("value") == "Balances"
    assert _one(again, "criteria.0.measure").get("value") == ""


def test_a_draft_of_given_rows_finds_its_rows_again():
    draft = {"criteria": [{"criterion": "c2", "words": "Seen"}]}

    page = _page("confirm_outcome", values=draft)

    assert _one(page, "criteria.1.words").text.strip() == "Seen"
    assert not (_one(page, "criteria.0.words").text or "").strip()


def test_drafts_are_offered_only_where_they_are_kept():
    assert not _page("confirm_outcome").xpath("//*[@name='_draft']")
    assert _page("confirm_outcome", draft=True).xpath("//*[@name='_draft']")


def test_lists_with_nothing_to_choose_are_not_asked():
    assert not _page("propose_action", choices={}).xpath("//*[starts-with(@name, 'after')]")
    assert not _page("do_it_action", prefill={}).xpath("//table")


@pytest.mark.parametrize("step", sorted(FORMS))
def test_nothing_that_people_write_becomes_markup(step: str):
    def evil(field: object) -> object:
        return {column.name: EVIL for column in field.fields}  # type: ignore[attr-defined]

    values: dict[str, object] = {}
    for field in FORMS[step].fields:
        values[field.name] = [evil(field)] if field.fields else [EVIL] if field.item else EVIL
    findings = {field.name: EVIL for field in FORMS[step].fields} | {EVIL: EVIL}
    choices = {name: [(EVIL, EVIL)] for name in CHOICES}

    markup = render(
        FORMS[step], values=values, findings=findings, prefill=values, choices=choices, tz=VIENNA
    )

    assert "<script" not in markup
    assert "<img" not in markup
    page = lxml_html.fromstring(f"<form>{markup}</form>")
    assert not page.xpath("//@onerror | //script | //img")
    assert "49" not in page.text_content()


_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"], exclude_characters="\x85"),
    min_size=1,
    max_size=20,
)


@given(
    st.lists(st.fixed_dictionaries({"measure": _TEXT, "threshold": _TEXT}), max_size=4),
    st.lists(st.sampled_from([value for value, _ in PEOPLE]), unique=True, max_size=4),
    st.none() | _TEXT,
)
def test_what_is_shown_is_what_comes_back(
    criteria: list[dict[str, object]], confirmers: list[str], summary: str | None
):
    values = {"criteria": criteria, "confirmers": confirmers, "summary": summary}
    values = {name: value for name, value in values.items() if value}

    post = _posted(_page("agree_what_right_means", values=values))

    assert from_post(FORMS["agree_what_right_means"], post, tz=VIENNA) == values


def test_a_page_posted_back_asks_for_one_more_row_each_time():
    form = FORMS["agree_what_right_means"]
    post = _posted(_page(form.name)) | {"_add": ["actions"]}

    for count in (2, 3, 4):
        asked = rows_asked(form, post)
        assert asked.counts["actions"] == count
        values = from_post(form, post, tz=VIENNA)
        post = _posted(_page(form.name, values=values, rows=asked)) | {"_add": ["actions"]}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["measure", "criterion", "words", "x"]), inner)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(FORMS)), st.data())
def test_any_draft_can_be_shown(step: str, data: st.DataObject):
    names = st.sampled_from([field.name for field in FORMS[step].fields])
    values = data.draw(st.dictionaries(names, _ANY, max_size=4))

    assert render(FORMS[step], values=values, prefill=PREFILL, choices=CHOICES, tz=VIENNA)
