"""Verifying pictures against running both engines alone, one after the other, on tensors that are ready.

EfficientNet-Lite0 over photographs of 300 to 1,600 pixels. On two processors the engines run beside each other, which
more than pays for decoding, preprocessing twice and comparing.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import skimage

from benchmarks._measure import Ratio, compare
from benchmarks._oarlock import OARLOCK
from oarlock import Bundle, Preprocessor, images
from oarlock_opt.reference import Options
from oarlock_opt.source import find_files
from oarlock_opt.verify.judge import open_judge
from oarlock_opt.verify.labelled import in_folder
from oarlock_opt.verify.limits import limits_of
from oarlock_opt.verify.pictures import compare_pictures
from oarlock_opt.verify.places import Host
from oarlock_opt.verify.results import VariantResult


def run() -> list[Ratio]:
    """One ratio of times; its inverse is that of speeds, at least 0.8."""
    with tempfile.TemporaryDirectory() as work:
        source, path = Path(work, "lite0"), Path(work, "lite0.oar")
        for command in (
            [OARLOCK, "export", "EfficientNetLite0", "--weights", "random", "-o", str(source)],
            [OARLOCK, "opt", str(source), "-o", str(path), "--target", "x86", "--no-golden"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bundle, place = Bundle.open(path), Host()
        [variant] = bundle.variants
        photographs = in_folder(Path(skimage.__file__).parent / "data")
        pictures = [each for each in photographs if Path(each.path).suffix in (".jpg", ".png")]
        options = Options(device="cpu")
        judge_options = {"preprocess": None, "options": options, "timeout": 600.0, "remark": lambda sentence: None}
        with open_judge(bundle, find_files(source), **judge_options) as judge:  # type: ignore[arg-type]
            runner = place.open(bundle, variant)
            preprocessor = Preprocessor(judge.spec)
            tensors = [preprocessor(images.load(picture.path)) for picture in pictures]

            def ours() -> None:
                result = VariantResult(variant.id, variant.precision, variant.size, limits_of("fp32", {}))
                compare_pictures(bundle, judge, [(result, runner)], pictures, stated_error=False)

            def theirs() -> None:
                for tensor in tensors:
                    judge.run(tensor)
                    runner.run({bundle.data["inputs"][0]["name"]: tensor[None]})

            ratio = compare("verify", ("verify", ours), ("both engines alone", theirs), pairs=7, limit=1.25, warmup=1)
            runner.close()
            return [ratio]
