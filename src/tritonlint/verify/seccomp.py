"""A filter of system calls: no network, no new processes, no system settings.

`landlock` limits access to files; this filter covers the calls that it does not see. There is no
well-kept library for it that is complete in itself, so the filter is written here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

#: Each call with its number on x86-64, and on 64-bit Arm if it exists there.
_CALLS = """
socket 41 198, socketpair 53 199, io_uring_setup 425 425,
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440,
kcmp 312 272, kill 62 129, tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240,
pidfd_open 434 434, pidfd_getfd 438 438, pidfd_send_signal 424 424, setsid 112 157,
setpgid 109 154, unshare 272 97, setns 308 268,
chmod 90, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, chown 92, fchown 93 55, lchown 94,
fchownat 260 54, utime 132, utimes 235, utimensat 280 88, futimesat 261, mknod 133, mknodat 259 33,
setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14, lremovexattr 198 15,
fremovexattr 199 16, name_to_handle_at 303 264, open_by_handle_at 304 265,
mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, move_mount 429 429,
open_tree 428 428, fsopen 430 430, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
shmget 29 194, semget 64 190, msgget 68 186, mq_open 240 180, mq_unlink 241 181,
bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, keyctl 250 219, add_key 248 217,
request_key 249 218, init_module 175 105, finit_module 313 273, delete_module 176 106,
kexec_load 246 104, kexec_file_load 320 294, reboot 169 142, swapon 167 224, swapoff 168 225,
acct 163 89, quotactl 179 60, settimeofday 164 170, clock_settime 227 112, clock_adjtime 305 266,
adjtimex 159 171, sethostname 170 161, setdomainname 171 162, iopl 172, ioperm 173, syslog 103 116,
vhangup 153 58
"""
#: Calls of which only some uses are refused.
_TGKILL, _PRLIMIT, _CLONE, _CLONE3 = (234, 131), (302, 261), (56, 220), (435, 435)
#: The flags of `clone` that make namespaces.
_NAMESPACES = 0x7E020000

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST = 0, 4, 16

_SET_SECCOMP, _FILTER = 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_calls() -> str | None:
    """Apply the filter to this process and all that it starts; return why not, or None."""
    column, _ = _ARCHITECTURES.get(platform.machine(), (None, None))
    if sys.platform != "linux" or column is None or sys.maxsize < 1 << 32:
        return "it is known for 64-bit Linux on x86 and Arm only"
    code = _filter(platform.machine(), os.getpid())
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        return os.strerror(ctypes.get_errno())
    return None


def _filter(machine: str, process: int) -> bytes:
    """Return the filter's program, which compares the call with each entry in turn."""
    column, architecture = _ARCHITECTURES[machine]
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        # The calls of the x32 ABI are the same calls with other numbers.
        (_JUMP_ABOVE, 0, 1, 0x40000000),
        refuse,
        # libc falls back to `clone`, whose flags the filter can see.
        (_JUMP_EQUAL, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for entry in _CALLS.split(","):
        numbers = entry.split()[1:]
        if len(numbers) > column:
            code += [(_JUMP_EQUAL, 0, 1, int(numbers[column])), refuse]
    # A process may end itself, read its own limits, and start threads and programs.
    for call, test in (
        (_TGKILL[column], (_JUMP_EQUAL, 1, 0, process)),
        (_PRLIMIT[column], (_JUMP_EQUAL, 1, 0, 0)),
        (_CLONE[column], (_JUMP_SET, 0, 1, _NAMESPACES)),
    ):
        allow = (_RETURN, 0, 0, _ALLOW)
        code += [(_JUMP_EQUAL, 0, 4, call), (_LOAD, 0, 0, _FIRST), test, refuse, allow]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
