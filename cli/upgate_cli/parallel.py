"""Work on several items at once, so that Ctrl-C ends it at once.

The threads are daemons: those of concurrent.futures hold up the end of the process until the last
answer is there.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

LINGER_SECONDS = 2.0


def in_parallel[Item, Result](
    work: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int,
    cancelled: threading.Event,
) -> Iterator[Result]:
    """Give results as they come; an item is taken when a thread is free for it.

    The first exception is raised here once all threads have ended what they were at. On Ctrl-C
    `cancelled` is set, which `work` is to heed, and they are waited for LINGER_SECONDS at most.
    """
    source, taking = iter(items), threading.Lock()
    results: queue.SimpleQueue[tuple[Result] | BaseException | None] = queue.SimpleQueue()
    ended = threading.Event()

    def take() -> Iterator[Item]:
        while not (ended.is_set() or cancelled.is_set()):
            with taking:
                try:
                    item = next(source)
                except StopIteration:
                    return
            yield item

    def serve() -> None:
        try:
            for item in take():
                results.put((work(item),))
        except BaseException as error:
            ended.set()
            results.put(error)
        results.put(None)

    workers = [threading.Thread(target=serve, daemon=True) for _ in range(max(threads, 1))]
    for worker in workers:
        worker.start()
    try:
        yield from _until_all_ended(results, len(workers))
    except (KeyboardInterrupt, GeneratorExit):
        cancelled.set()
        for worker in workers:
            worker.join(LINGER_SECONDS / len(workers))
        raise


def _until_all_ended[Result](
    results: queue.SimpleQueue[tuple[Result] | BaseException | None], running: int
) -> Iterator[Result]:
    failure: BaseException | None = None
    while running:
        result = results.get()
        if result is None:
            running -= 1
        elif isinstance(result, BaseException):
            failure = failure or result
        else:
            yield result[0]
    if failure is not None:
        raise failure
