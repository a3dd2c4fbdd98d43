"""Says again and again what the camera sees; Ctrl-C ends it.

    python3 camera.py NAME.oar [--source picamera2|cv2[:CAMERA]|/dev/video0]

The sources, the first that is there when none is named: picamera2 (Raspberry Pi's cameras), cv2 (OpenCV: USB cameras),
else `oarlock-classify --camera` on /dev/video0. Always the newest frame: a camera faster than the model loses frames.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import queue
import threading
from collections.abc import Iterator
from typing import Any

import oarlock
from oarlock.frames import Frame


def picamera2_frames() -> Iterator[Frame]:
    """Frames of Raspberry Pi's camera; its driver drops those that nobody takes."""
    from picamera2 import Picamera2

    with Picamera2() as camera:
        # What picamera2 calls RGB888 lies in memory as B, G, R.
        camera.configure(camera.create_video_configuration({"format": "RGB888", "size": (640, 480)}, queue=False))
        camera.start()
        while True:
            yield Frame.from_arrays("BGR", camera.capture_array())


def opencv_frames(name: str) -> Iterator[Frame]:
    """Frames of the camera with this number, or of a film, read by a thread that keeps the newest alone."""
    import cv2

    camera = cv2.VideoCapture(int(name) if name.isdigit() else name)
    if not camera.isOpened():
        raise SystemExit(f"camera.py: OpenCV can open no camera {name}; name another with --source cv2:NUMBER")
    newest: queue.Queue[Any] = queue.Queue(maxsize=1)

    def read() -> None:
        while (pixels := camera.read()[1]) is not None:
            with contextlib.suppress(queue.Empty):
                newest.get_nowait()
            newest.put(pixels)
        newest.put(None)  # The end of a film.

    threading.Thread(target=read, daemon=True).start()
    while (pixels := newest.get()) is not None:
        yield Frame.from_arrays("BGR", pixels)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Says what the camera sees.")
    parser.add_argument("bundle")
    parser.add_argument("--source", help="picamera2, cv2, cv2:NUMBER, or a device such as /dev/video0")
    options = parser.parse_args()
    source = options.source or next(filter(importlib.util.find_spec, ("picamera2", "cv2")), "/dev/video0")
    if source.startswith("/dev/"):
        os.execlp("oarlock-classify", "oarlock-classify", "--top", "1", "--camera", source, options.bundle)
    frames = picamera2_frames() if source == "picamera2" else opencv_frames(source[4:] or "0")
    with oarlock.Classifier.open(options.bundle) as classifier:
        for frame in frames:
            [[best]] = classifier.classify(frame, top=1)
            print(best.label or best.class_id, f"{best.score:.3f}", sep="\t", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (oarlock.OarlockError, OSError) as error:
        raise SystemExit(f"camera.py: {error}") from None
