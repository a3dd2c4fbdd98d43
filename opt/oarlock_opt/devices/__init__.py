"""Places other than this machine: ARM processors that qemu emulates, and boards over ssh.

On each, ``oarlock-classify`` does the work; this package finds the program, brings it there with the engine and the
bundle, speaks to it and tells in a sentence what went wrong. Which modules a place is made of:

    programs    the folder of the program for a target, and what it needs
    payload     the files that a place must have: program, engine, bundle
    remote      a Runner over the messages of ``oarlock-classify --serve``
    endings     how the program came to its end, as an error
    qemu, sysroot, counting                  the place "qemu"
    connection, transfer, preflight, ssh     the place "ssh"
    deploy      a folder, here or there, that is ready to run
    places      the places by their names in ``--on``
"""
