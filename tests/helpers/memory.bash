# memory.bash - have short-lived files in memory, where there is room for them
# shellcheck shell=bash

# prefer_memory GIB: TMPDIR is /dev/shm, if that has so much room, and programs
# may run there, which containers often forbid. Whoever has set TMPDIR knows
# better. (Tests make and remove thousands of files; on a disk, they need a
# tenth more of the processor: measured on Linux 6.x, ext4 without a journal.)
prefer_memory() {
    local room='' options=''
    [[ -z ${TMPDIR:-} ]] || return 0
    read -r room options < <(findmnt -bno AVAIL,OPTIONS /dev/shm 2>/dev/null) ||
        return 0
    if ((room >= $1 << 30)) && [[ $options != *noexec* && -w /dev/shm ]]; then
        export TMPDIR=/dev/shm
    fi
}
