"""The owner of tasks: nothing is lost, nothing dies in silence, everything ends."""

import asyncio

import pytest

from app.common import tasks


async def test_a_task_gives_its_result_and_is_let_go() -> None:
    owner = tasks.TaskOwner("test")

    async def work() -> int:
        return 7

    task = owner.spawn(work(), name="seven")
    assert len(owner) == 1
    assert task.get_name() == "test/seven"
    assert await task == 7
    await asyncio.sleep(0)
    assert len(owner) == 0


@pytest.mark.expect_log("task test/bad ended: ValueError")
async def test_an_unexpected_end_is_logged_and_told() -> None:
    heard: list[tuple[str, BaseException]] = []
    owner = tasks.TaskOwner("test", lambda name, error: heard.append((name, error)))
    error = ValueError()

    async def bad() -> None:
        raise error

    await asyncio.wait([owner.spawn(bad(), name="bad")])
    await asyncio.sleep(0)
    assert heard == [("test/bad", error)]


async def test_closing_cancels_and_awaits_everybody() -> None:
    owner = tasks.TaskOwner("test")
    ended: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    for number in range(5):
        owner.spawn(work(number), name="work")
    await asyncio.sleep(0)
    await owner.close()
    assert sorted(ended) == list(range(5))
    assert len(owner) == 0
    await owner.close()


async def test_nothing_starts_while_closing() -> None:
    owner = tasks.TaskOwner("test")
    await owner.close()
    started = False

    async def work() -> None:
        nonlocal started
        started = True

    with pytest.raises(RuntimeError, match="closing"):
        owner.spawn(work(), name="late")
    await asyncio.sleep(0)
    assert not started


@pytest.mark.expect_log("task test/stubborn did not end within")
async def test_whoever_is_late_is_named() -> None:
    owner = tasks.TaskOwner("test")
    end = asyncio.Event()

    async def stubborn() -> None:
        while not end.is_set():
            try:
                await end.wait()
            except asyncio.CancelledError:
                continue

    task = owner.spawn(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    await owner.close(grace=0.01)
    end.set()
    await task


async def test_a_task_may_close_its_own_owner() -> None:
    owner = tasks.TaskOwner("test")

    async def last() -> str:
        await owner.close()
        return "closed"

    assert await owner.spawn(last(), name="last") == "closed"
