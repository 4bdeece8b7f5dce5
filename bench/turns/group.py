"""A cgroup for one relay with all its processes: what it costs is charged there, the kernel's part included."""

import os
import time


def _own_groups():
    """Controllers and the path of this process's group in each; cgroup version 2 has the controller ""."""
    with open("/proc/self/cgroup") as file:
        for line in file:
            _, controllers, path = line.strip().split(":", 2)
            for controller in controllers.split(","):
                yield controller, path


class Group:
    """Below this process's own groups. cpu_file and memory_file are None where the host has no such controller that may be used."""

    _count = 0

    def __init__(self):
        Group._count += 1
        name = f"sluice-bench-{os.getpid()}-{Group._count}"
        self.cpu_file = self.memory_file = None
        self._folders = []
        own = dict(_own_groups())
        self._try("cpuacct", own, name, {"cpu_file": "cpuacct.usage"})
        self._try("memory", own, name, {"memory_file": "memory.usage_in_bytes"})
        if not self._folders:
            self._try("", own, name, {"cpu_file": "cpu.stat", "memory_file": "memory.current"})

    def _try(self, controller, own, name, files):
        if controller not in own:
            return
        folder = os.path.join("/sys/fs/cgroup", controller, own[controller].lstrip("/"), name)
        try:
            os.mkdir(folder)
        except OSError:
            return
        self._folders.append(folder)
        for attribute, file in files.items():
            if os.path.exists(f"{folder}/{file}"):
                setattr(self, attribute, f"{folder}/{file}")

    def enter(self):
        """This process, and with it its later children."""
        for folder in self._folders:
            with open(f"{folder}/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))

    def cpu_seconds(self):
        """None where it is not known."""
        if self.cpu_file is None:
            return None
        with open(self.cpu_file) as file:
            words = file.read().split()
        return int(words[0]) / 1e9 if len(words) == 1 else int(words[1]) / 1e6

    def remove(self):
        """After its last process has ended, which may take a moment after it was waited for."""
        for folder in self._folders:
            for _ in range(100):
                try:
                    os.rmdir(folder)
                    break
                except OSError:
                    time.sleep(0.02)
        self._folders = []
