"""The web pages: every one works without JavaScript, on a telephone and with a keyboard.

Pages decide nothing: buttons come from the verbs that queries return, deeds are use cases.
"""

from flask import Flask

from api.pages import (
    actions,
    answers,
    beginning,
    changes,
    comparing,
    deeds,
    diagram_editor,
    disputes,
    files,
    following,
    history,
    hurting,
    inbox,
    incident,
    incidents,
    language,
    leaving_mail,
    links,
    lists,
    many,
    named_people,
    phoning,
    quick,
    reporting,
    setting_up,
    signals,
    signing,
    silence,
    steps,
    studio,
    telling,
    todo,
    todos,
    you,
    your_tokens,
)


def register(app: Flask) -> None:
    """Serve every page."""
    steps.register(app)
    for module in (
        signing,
        beginning,
        todos,
        answers,
        todo,
        inbox,
        leaving_mail,
        incidents,
        incident,
        language,
        actions,
        changes,
        comparing,
        deeds,
        disputes,
        files,
        following,
        links,
        lists,
        many,
        phoning,
        silence,
        history,
        hurting,
        named_people,
        reporting,
        quick,
        setting_up,
        signals,
        studio,
        diagram_editor,
        telling,
        you,
        your_tokens,
    ):
        app.register_blueprint(module.pages)
