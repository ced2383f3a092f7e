"""The program's event loop: nothing of asyncio runs on it while asyncio knows of no running loop."""

import asyncio

from PySide6.QtWidgets import QApplication

from app.desktop.loop import Loop


def test_what_is_still_under_way_at_the_end_has_a_loop(application: QApplication) -> None:
    loop = Loop(application)
    seen: list[object] = []
    ended = asyncio.Event()

    def look() -> None:
        seen.append(asyncio._get_running_loop())
        loop.call_soon(look)

    async def work() -> int:
        look()
        await asyncio.sleep(0.01)
        ended.set()
        return 5

    try:
        assert loop.run_until_complete(work()) == 5
        count = len(seen)
        assert loop.run_until_complete(ended.wait()) is True
    finally:
        loop.close()
    assert count < len(seen)
    assert set(seen) == {loop}
    assert asyncio._get_running_loop() is None
