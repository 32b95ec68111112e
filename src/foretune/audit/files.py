"""Check: the files are those the manifest lists. A changed file is no leak, but the manifest is not about it."""

from __future__ import annotations

from foretune.audit.dataset import AuditedDataset
from foretune.audit.finding import Finding, Status, named
from foretune.datasets.manifest import FILE_NAME, file_hashes

CHECK = "files"


def check_files(data: AuditedDataset) -> list[Finding]:
    """Compare every file's SHA-256 with the manifest's."""
    if data.manifest is None:
        return [
            Finding(
                check=CHECK,
                status=Status.SKIPPED,
                what=f"no {FILE_NAME}: nothing says what was built",
                mend="audit the folder as 'foretune build' left it",
            )
        ]
    found = file_hashes(data.folder)
    found.pop(FILE_NAME, None)
    changed = [name for name, digest in data.manifest.files.items() if found.get(name) not in (digest, None)]
    gone = [name for name in data.manifest.files if name not in found]
    added = [name for name in found if name not in data.manifest.files]
    parts = [
        f"{len(names)} {word}: {named(names)}"
        for word, names in (("changed", changed), ("missing", gone), ("not of the build", added))
        if names
    ]
    if changed or gone:
        return [
            Finding(
                check=CHECK,
                status=Status.WARNING,
                what="the folder is not what the build left",
                detail="; ".join(parts),
                mend="build again, or keep changes in a folder of their own",
                figures={"changed": len(changed), "missing": len(gone), "added": len(added)},
            )
        ]
    return [Finding(check=CHECK, status=Status.OK, what=f"{len(found)} files as built", detail="; ".join(parts))]
