"""What a page posts becomes nested, typed answers, and nothing that was typed is lost."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import Form, from_post, rows_asked, shipped

FORMS = {name: Form.parse(name, content) for name, content in shipped().items()}
VIENNA = ZoneInfo("Europe/Vienna")


def _read(step: str, **post: object) -> dict[str, object]:
    lists = {
        name.replace("__", "."): [value] if isinstance(value, str) else value
        for name, value in post.items()
    }
    return from_post(FORMS[step], lists, tz=VIENNA)  # type: ignore[arg-type]


def test_names_with_dots_become_rows():
    answers = _read(
        "confirm_outcome",
        criteria__0__criterion="c1",
        criteria__0__answer="yes",
        criteria__1__criterion="c2",
        criteria__1__answer="no",
        criteria__1__words=" Still 3 wrong ",
        words="",
    )

    assert answers == {
        "criteria": [
            {"criterion": "c1", "answer": "yes"},
            {"criterion": "c2", "answer": "no", "words": "Still 3 wrong"},
        ]
    }


def test_blank_rows_are_dropped_and_gaps_closed():
    answers = _read(
        "agree_what_right_means",
        criteria__0__measure=" ",
        criteria__3__measure="Balances",
        criteria__12__measure="Letters",
        actions__0__kind="puts_right",  # the default of a row that nobody has touched
    )

    assert answers == {"criteria": [{"measure": "Balances"}, {"measure": "Letters"}]}


def test_a_given_row_stays_even_when_nothing_is_filled_in():
    answers = _read("verify_outcome", measured__0__criterion="c1", measured__0__measured="")

    assert answers == {"measured": [{"criterion": "c1"}]}


def test_the_row_to_remove_is_left_out():
    post = {
        "criteria__0__measure": "Balances",
        "criteria__1__measure": "Letters",
        "_remove": "criteria.0",
    }

    assert _read("agree_what_right_means", **post) == {"criteria": [{"measure": "Letters"}]}


def test_one_more_row_is_asked_for_and_counted_with_the_blank_ones():
    post = {"criteria.0.measure": ["x"], "criteria.1.measure": [""], "_add": ["criteria"]}

    asked = rows_asked(FORMS["agree_what_right_means"], post)

    assert asked.counts["criteria"] == 3
    assert asked.added == "criteria"


def test_nobody_gets_more_rows_than_the_form_allows():
    post = {f"criteria.{n}.measure": ["x"] for n in range(9000)} | {"_add": ["criteria"]}

    answers = from_post(FORMS["agree_what_right_means"], post, tz=UTC)

    assert rows_asked(FORMS["agree_what_right_means"], post).counts["criteria"] == 20
    assert len(answers["criteria"]) == 21  # one more than allowed, for the check to see


@pytest.mark.parametrize("added", ["nobody", "words", "confirmers.0", "<script>", ""])
def test_a_button_for_a_list_that_is_none_adds_nothing(added: str):
    assert rows_asked(FORMS["confirm_outcome"], {"_add": [added]}).added is None


def test_names_that_the_form_does_not_know_are_nobody_s_answers():
    assert _read("confirm_outcome", csrf_token="t", confirmed="true", answer="yes") == {}


def test_what_is_only_read_is_not_taken_from_the_page():
    answers = _read(
        "confirm_outcome", criteria__0__criterion="c1", criteria__0__threshold="Anything"
    )

    assert answers == {"criteria": [{"criterion": "c1"}]}


def test_people_are_ticked_or_chosen_line_by_line_each_once():
    answers = _read(
        "agree_what_right_means", confirmers=["a", "b"], confirmers__0="b", confirmers__1=""
    )

    assert answers == {"confirmers": ["a", "b"]}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("214", 214),
        ("1 234", 1234),
        ("1\u202f234,50", 1234.5),
        ("1'234.50", 1234.5),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1,234,567", 1234567),
        ("12,5", 12.5),
        ("0.07", 0.07),
        ("-3", -3),
        ("1,234", "1,234"),  # a thousand and more, or one and a bit: the reader says
        ("12e5", "12e5"),
        ("many", "many"),
        ("9" * 400, "9" * 400),
    ],
)
def test_numbers_are_read_as_people_write_them_or_left_alone(typed: str, meant: object):
    assert _read("report_incident", money=typed)["money"] == meant


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-01-15T09:30", "2026-01-15T08:30:00Z"),
        ("2026-07-15T09:30", "2026-07-15T07:30:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),  # happens twice: the earlier one
        ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),  # never happens
        ("2026-01-15T09:30Z", "2026-01-15T09:30:00Z"),
        ("next week", "next week"),
        ("0001-01-01T00:00", "0001-01-01T00:00"),
    ],
)
def test_local_times_are_read_in_the_reader_s_zone(typed: str, kept: str):
    assert _read("verify_outcome", verdict="right", right_since=typed)["right_since"] == kept


def test_a_choice_that_is_not_asked_any_more_is_dropped_but_words_are_kept():
    answers = _read(
        "decide_declined_action", decided="drop", party="it", team="t1", reason="Not needed"
    )
    typed = _read("do_it_action", outcome="declined", what_was_done="Half of it")

    assert answers == {"decided": "drop", "reason": "Not needed"}
    assert typed == {
        "outcome": "declined",
        "what_was_done": "Half of it",
        "not_ours": False,
    }


def test_an_unticked_box_is_a_no():
    assert _read("propose_action")["ends_cause"] is False
    assert _read("propose_action", ends_cause="true")["ends_cause"] is True


def test_pasted_lines_and_csv_become_one_target_each():
    pasted = 'Miller, Sons & Co\r\n\r\nHuber;4711;Graz\r\n"Smith, J.",4712\nA\tB\nHuber;4711;Graz'

    assert _read("propose_action", targets=pasted)["targets"] == [
        "Miller, Sons & Co",
        "Huber, 4711, Graz",
        "Smith, J., 4712",
        "A, B",
    ]


def test_a_target_that_stays_open_says_so():
    answers = _read("do_it_action", targets__0__target="t1", targets__0__outcome="")

    assert answers["targets"] == [{"target": "t1", "outcome": ""}]


_POSTED = st.dictionaries(
    st.sampled_from(
        ["criteria.0.measure", "criteria.7.answer", "criteria", "confirmers.1", "targets", "money",
         "right_since", "due_at", "actions.1.due_at", "_add", "_remove", "until", "size"]
    ) | st.text(max_size=12),
    st.lists(st.text(max_size=20), max_size=3),
)  # fmt: skip


@given(st.sampled_from(sorted(FORMS)), _POSTED)
def test_any_post_can_be_read(step: str, post: dict[str, list[str]]):
    from_post(FORMS[step], post, tz=VIENNA)
    rows_asked(FORMS[step], post)
