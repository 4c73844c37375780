"""Ask LibreOffice what it thinks of the signatures in Office files.

    /usr/bin/python3 scripts/ask_libreoffice.py PROFILE NSS FILE...

Run with the interpreter that has the `uno` module. PROFILE is a folder for LibreOffice's own settings, NSS a certificate
store (certutil) that says whom to trust. Prints JSON: for each file a list of signatures with `valid` (the mathematics and
every signed part), `certificate` (0: trusted, else LibreOffice's flags), `signer` (subject) and `line` (signature line).
`PartialDocumentSignature` is not printed: LibreOffice sets it for every Office file, its own included.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import uno
from com.sun.star.beans import PropertyValue


def start(profile: str, store: str) -> tuple[subprocess.Popen, Any]:
    pipe = f"judge{os.getpid()}"
    command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", "--nologo"]
    environment = dict(os.environ, MOZILLA_CERTIFICATE_FOLDER=f"sql:{store}")
    office = subprocess.Popen(
        [*command, f"--accept=pipe,name={pipe};urp;"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    for _ in range(240):
        try:
            return office, resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # noqa: BLE001 - not up yet; its own exception class is known to it alone
            time.sleep(0.25)
    office.kill()
    raise SystemExit("LibreOffice did not start")


def signatures(context: Any, path: str) -> list[dict]:
    manager = context.ServiceManager
    kind = PropertyValue()
    kind.Name, kind.Value = "StorageFormat", "ZipFormat"
    # The third argument has to be typed, and so to go through uno.invoke.
    typed = uno.Any("[]com.sun.star.beans.PropertyValue", (kind,))
    factory = manager.createInstanceWithContext("com.sun.star.embed.StorageFactory", context)
    storage = uno.invoke(factory, "createInstanceWithArguments", ((uno.systemPathToFileUrl(path), 1, typed),))
    service = "com.sun.star.security.DocumentDigitalSignatures"
    judge = manager.createInstanceWithArgumentsAndContext(service, ("1.2", False), context)
    return [
        {
            "valid": found.SignatureIsValid,
            "certificate": found.CertificateStatus,
            "signer": found.Signer.SubjectName if found.Signer else "",
            "line": found.SignatureLineId,
        }
        for found in judge.verifyDocumentContentSignatures(storage, None)
    ]


def main() -> None:
    profile, store, *paths = map(os.path.abspath, sys.argv[1:])
    office, context = start(profile, store)
    try:
        sys.stdout.write(json.dumps({path: signatures(context, path) for path in paths}))
    finally:
        try:
            context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context).terminate()
        except Exception:  # noqa: BLE001 - gone before it answered
            office.kill()
        office.wait(30)


if __name__ == "__main__":
    main()
