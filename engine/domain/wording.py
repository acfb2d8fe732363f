"""The one table from machine words to the plain words of screens and mail (rules, Words).

A newcomer would write a word into a template: then two screens come to disagree.  *Escalate* is
on no button: people press it to get help, so that button says *Ask for help*.
"""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "run": "history",
    "work_item": "to-do",
    "lane": "team",
    "party": "whose turn",
    "gate": "what is still missing",
    "ledger": "whose time",
    "entry": "record",
    "target": "who it reaches",
    "criterion": "how we know it is right",
    "deviation": "what is wrong",
    "settled": "finished",
    "verify": "our check",
    "confirm": "your answer",
    "release": "version in force",
    "repaired": "cause fixed",
    "restored": "right again",
    "closing_decision": "decide without the customer's answer",
    "escalate": "ask for help",
    # whose turn
    "it": "IT",
    "business": "the business",
    "external": "a supplier",
    "customer": "the customer",
    "service_desk": "the service desk",
    "business_owner": "the owner of the business process",
    "authority": "the one who may decide",
    # why it is theirs
    "asked": "was asked",
    "deciding": "deciding without the customer's answer",
    "watching": "watching whether it stays right",
    "nobody": "nobody was asked",
    # where an incident or an action stands
    "open": "open",
    "closed": "closed",
    "set_aside": "set aside",
    "merged": "joined with another report",
    "confirmed": "closed: the customer says it is right",
    "escalated": "closed: decided without the customer's answer",
    "shut": "something is still missing",
    "proposed": "proposed",
    "waiting": "waits for its turn",
    "done": "done",
    "dropped": "dropped",
    "refused": "not taken up",
    "declined": "declined",
    "not_needed": "not needed",
    "unreachable": "could not be reached",
    "puts_right": "puts it right",
    "prevents": "keeps it from happening again",
    # answers
    "yes": "It is right",
    "partly": "Partly",
    "no": "Not right",
    "right": "right",
    "not_right": "not right",
    "watch_until": "watch until",
    "close": "close without the customer's answer",
    "keep_asking": "keep asking",
    "ask_somebody_else": "ask somebody else",
    "back_to_work": "back to work",
    "signed_in": "signed in",
    "link": "by link",
    "phone": "taken by phone",
    # milestones
    "told": "first told",
    "taken_up": "taken up",
    "answered": "answered",
    "high": "high",
    "medium": "medium",
    "low": "low",
}

# Each verb of an entry with its sentence; `{actor}` is a person's name or the machine's.
VERBS: Mapping[str, str] = {
    "incident:reported": "{actor} reported this",
    "incident:priority_set": "{actor} set the priority",
    "incident:lead_taken": "{actor} took the lead",
    "incident:lead_handed": "{actor} handed the lead over",
    "incident:agreed": "{actor} wrote down how we know it is right, and who answers",
    "incident:criteria_changed": "{actor} changed how we know it is right",
    "incident:confirmers_named": "{actor} named who answers",
    "incident:noted": "{actor} added a note",
    "incident:help_asked": "{actor} asked for help",
    "incident:read": "{actor} read this",
    "incident:restricted": "{actor} limited this to named people",
    "incident:set_aside": "{actor} set this aside",
    "incident:brought_back": "{actor} brought this back",
    "incident:withdrawn": "{actor} withdrew the report",
    "incident:merged": "{actor} joined this with an earlier report",
    "incident:merge_undone": "{actor} separated this from the other report again",
    "incident:split": "{actor} made two of this report",
    "incident:recurred": "{actor} said that it is back",
    "incident:closed": "{actor} gave the last answer needed, and this was closed",
    "incident:replayed": "{actor} took over a line of an earlier record",
    "incident:observed": "{actor} came to the end of the earlier record",
    "incident:migrated": "{actor} moved this to another version",
    "incident:started": "{actor} set this on its way",
    "incident:faulted": "{actor} met a fault in the diagram",
    "incident:erased": "{actor} erased the content of a record, as the law asks",
    "closure:refused": "{actor} tried to close this, but something was still missing",
    "action:proposed": "{actor} proposed something to do",
    "action:accepted": "{actor} accepted what was proposed",
    "action:refused": "{actor} did not take up what was proposed",
    "action:started": "{actor} asked for something to be done",
    "action:done": "{actor} finished what was to be done",
    "action:declined": "{actor} declined what was to be done",
    "action:asked_again": "{actor} asked again, after it was declined",
    "action:dropped": "{actor} dropped what was to be done",
    "action:overdue": "{actor} told the next in line that this is late",
    "target:answered": "{actor} noted how it ended for somebody it reaches",
    "target:accepted": "{actor} accepted that it is not done for everybody",
    "item:opened": "{actor} opened a to-do",
    "item:claimed": "{actor} took a to-do",
    "item:released": "{actor} gave a to-do back",
    "item:handed_over": "{actor} handed a to-do over",
    "item:completed": "{actor} finished a to-do",
    "item:cancelled": "{actor} withdrew a to-do that is no longer needed",
    "outcome:verified": "{actor} checked it and found it right",
    "outcome:not_right": "{actor} checked it and found it not right",
    "outcome:watching": "{actor} is watching whether it stays right",
    "confirmation:asked": "{actor} asked whether it is right",
    "confirmation:given": "{actor} answered whether it is right",
    "confirmation:recorded": "{actor} wrote down an answer given by phone",
    "confirmation:reminded": "{actor} sent a reminder that an answer is missing",
    "confirmation:tried": "{actor} tried to reach the person who is to answer",
    "decision:opened": "{actor} asked for a decision without the customer's answer",
    "decision:made": "{actor} decided without the customer's answer",
    "dispute:raised": "{actor} disagrees about whose time it was",
    "dispute:decided": "{actor} decided whose time it was",
}


def word(machine: str) -> str:
    """Return the screen's word for a machine word; KeyError for one that has none yet."""
    return WORDS[machine]


def sentence(verb: str, actor: str) -> str:
    """Return the plain sentence, without full stop, of an entry's verb; KeyError if unknown."""
    return VERBS[verb].replace("{actor}", actor)
