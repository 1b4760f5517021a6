"""Markdown for a browser: our own HTML stands, a model's words stay words, and nothing runs."""

from onereel.adapters.markdown import page_of
from onereel.gatepages import cell, plain, sheet

HOSTILE = "A storm <img src=x onerror=alert(1)> [here](javascript:alert(1)) | **bold** `code`"


def test_a_page_shows_tables_and_our_own_html():
    page = page_of(
        f"## The takes\n\n| shot | s |\n|---|---|\n| s010 | 4 |\n\n{sheet([cell('', ['s010'], 'Waves')])}", "x"
    )

    assert "<h2>The takes</h2>" in page.decode()
    assert "<td>s010</td>" in page.decode()
    assert '<td width="50%">s010<br>Waves</td>' in page.decode()


def test_words_of_a_model_become_neither_html_nor_a_link():
    page = page_of(
        f"| what happens |\n|---|\n| {plain(HOSTILE)} |\n\n{sheet([cell('', ['s010'], HOSTILE)])}", "x"
    ).decode()
    body = page.partition("<body>")[2]

    assert "<img" not in body
    assert "<a " not in body
    assert "<strong>" not in body
    assert body.count("onerror") == 2, "as words"


def test_a_page_lets_nothing_run_and_escapes_its_title():
    page = page_of("", "</title><script>alert(1)</script>").decode()

    assert "<script>" not in page
    assert "default-src 'none'; img-src data:" in page
