"""Run the SQL suites of dbt-tests-adapter for `trino_python` and for plain `trino`.

A suite that needs other SQL on Trino fails for both: what counts is that nothing gets worse. So a
failure here is recorded, and `test_nothing_is_worse` compares. `--conformance-report PATH` writes
all results as a Markdown table.
"""

from collections import Counter
from pathlib import Path

import pytest

ADAPTERS = ("trino", "trino_python")
OUTCOMES: dict[tuple[str, str], dict[str, str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--conformance-report", type=Path, help="write a Markdown table to this path")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.long)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = (yield).get_result()
    adapter = getattr(getattr(item, "cls", None), "conformance_adapter", None)
    if adapter is None:
        return
    key = (item.cls.conformance_suite, item.name)
    outcomes = OUTCOMES.setdefault(key, {})
    if report.when == "call" or report.outcome != "passed":
        # A failure of the test is not hidden by a clean end.
        if outcomes.get(adapter) != "failed":
            outcomes[adapter] = report.outcome
        if report.outcome == "failed":
            report.outcome, report.wasxfail = "skipped", "compared in the end"


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--conformance-report", default=None)
    if path is None:
        return
    lines = ["| suite | test | " + " | ".join(ADAPTERS) + " |", "|---|---|---|---|"]
    for (suite, test), outcomes in sorted(OUTCOMES.items()):
        cells = " | ".join(outcomes.get(adapter, "not run") for adapter in ADAPTERS)
        lines.append(f"| {suite} | {test} | {cells} |")
    counts = {
        adapter: Counter(outcomes.get(adapter, "not run") for outcomes in OUTCOMES.values())
        for adapter in ADAPTERS
    }
    summary = [
        f"{adapter}: " + ", ".join(f"{n} {outcome}" for outcome, n in sorted(counted.items()))
        for adapter, counted in counts.items()
    ]
    path.write_text("\n\n".join([*summary, "\n".join(lines)]) + "\n", encoding="utf-8")
