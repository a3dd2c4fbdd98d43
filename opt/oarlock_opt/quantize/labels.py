"""The classes of calibration pictures: from a list, or from the folders that they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oarlock_opt.errors import CalibrationDataError
from oarlock_opt.quantize.samples import Sample

__all__ = ["from_folders", "from_list"]


def from_list(file: Path, samples: Sequence[Sample], folders: Sequence[Path], classes: int) -> list[Sample]:
    """The samples that a list names, with the class that it gives each: "FILE CLASS" a line, as PaddleClas has it.

    A file is named from one of the ``folders`` or from the list's own; a class is a number below ``classes``. Raises
    CalibrationDataError and OSError.
    """
    known: dict[Path, int] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise CalibrationDataError(f"{file}: not text in UTF-8, expected lines of a file and its class") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, _, text = line.strip().rpartition(" ")
        if not name or not text.isascii() or not text.isdigit() or int(text) >= classes:
            raise CalibrationDataError(
                f"{file}: line {number} is {line.strip()!r}, expected a file, a space and a class from 0 to "
                f"{classes - 1}"
            )
        known.update(((folder / name).resolve(), int(text)) for folder in (*folders, file.parent))
    labelled = [Sample(sample.path, known[path]) for sample in samples if (path := sample.path.resolve()) in known]
    if not labelled:
        raise CalibrationDataError(
            f"{file}: names none of the {len(samples)} files in {', '.join(map(str, folders))}; its lines are paths "
            "from there, or from the folder of the list"
        )
    return labelled


def from_folders(samples: Sequence[Sample], root: Path, names: Sequence[str] | None, classes: int) -> list[Sample]:
    """The samples with the classes of the folders that they lie in, right below ``root``.

    A folder is called by a class's number or label; as many folders as there are classes are these in the order of
    their names. Where neither holds, the samples stay as they are.
    """
    parts = [sample.path.relative_to(root).parts for sample in samples]
    if not parts or any(len(each) < 2 for each in parts):
        return list(samples)
    folders = sorted({each[0] for each in parts})
    by_folder = _by_number(folders, classes) or _by_label(folders, names) or _by_order(folders, classes)
    if by_folder is None:
        return list(samples)
    return [Sample(sample.path, by_folder[each[0]]) for sample, each in zip(samples, parts, strict=True)]


def _by_number(folders: Sequence[str], classes: int) -> dict[str, int] | None:
    if all(folder.isascii() and folder.isdigit() and int(folder) < classes for folder in folders):
        return {folder: int(folder) for folder in folders}
    return None


def _by_label(folders: Sequence[str], names: Sequence[str] | None) -> dict[str, int] | None:
    if names is None or len(set(names)) < len(names) or not set(folders) <= set(names):
        return None
    return {folder: names.index(folder) for folder in folders}


def _by_order(folders: Sequence[str], classes: int) -> dict[str, int] | None:
    return {folder: number for number, folder in enumerate(folders)} if len(folders) == classes else None
