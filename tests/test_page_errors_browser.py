"""A page of the tests in which a script fails lets its test fail."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from tests.browser import page_without_errors


def test_an_error_of_a_script_on_a_page_is_an_error_of_the_test(browser: BrowserContext) -> None:
    with page_without_errors(browser, 400) as page:
        page.set_content("<p>Nothing fails.</p>")
    failing = page_without_errors(browser, 400)
    with pytest.raises(AssertionError, match="out of order"), failing as page, page.expect_event("pageerror"):
        page.set_content("<script>throw new Error('out of order')</script>")
    assert page.is_closed()
