# The kernel's 8250 driver, on two of QEMU's UARTs that are wired to each other: their registers, interrupts and FIFOs are
# emulated, wire time and modem lines are not.
mapfile -t uarts < <(
    for tty in /sys/class/tty/ttyS*; do
        [[ $(readlink -f "$tty") == /sys/devices/pci* ]] && basename "$tty"
    done
)
near=/dev/${uarts[0]} far=/dev/${uarts[1]}

# echoing_8250 OPTIONS COMMAND …: with the far end sending back what it gets, set up by stty.
echoing_8250() {
    local options=$1 status=0
    shift
    # shellcheck disable=SC2086
    stty -F "$far" raw -echo clocal cs8 -parenb -cstopb -crtscts $options
    cat < "$far" > "$far" &
    local echo=$!
    "$@" || status=$?
    kill "$echo"
    wait "$echo" 2> /dev/null
    return $status
}

# What another program reads back while we have the port open.
settings_are_read_back() {
    local status=0
    timeout 60 "$hil" uart "$near?baud=57600&databits=7&parity=odd&stopbits=2" > /dev/null < <(sleep 60) &
    local user=$!
    wait_for has_open "$user" "${near#/dev/}"
    sleep 1
    stty -F "$near" -a | tee "$state/settings"
    kill -INT "$user"
    wait "$user"
    for word in 'speed 57600' cs7 parenb parodd cstopb -crtscts; do
        grep -q -E -- "(^| )$word" "$state/settings" || status=1
    done
    return $status
}

# counted NAME: the kernel's own count of characters that were sent or received on the near end.
counted() { sed -n "s/^${near#/dev/ttyS}: .* $1:\([0-9]*\).*/\1/p" /proc/tty/driver/serial; }

# When the command ends, the last character has left the transmitter, and has come in at the far end.
all_is_sent() {
    local before
    before=$(counted tx)
    cat < "$far" > "$state/came" &
    local reader=$!
    head -c 5000 /dev/urandom > "$state/sent"
    stty -F "$far" raw -echo clocal 115200
    timeout 60 "$hil" uart "$near?baud=115200" -x < "$state/sent" || return
    [ "$(counted tx)" -eq $((before + 5000)) ] || return
    wait_for cmp "$state/sent" "$state/came" || return
    kill "$reader"
}

check "8250: listed" says "$near .*driver serial" 0 "$hil" list
check "8250: 115200 baud" echoing_8250 115200 "$hil" loopback "$near?baud=115200" --bytes 16Ki
check "8250: even parity, two stop bits" \
    echoing_8250 '9600 parenb cstopb' "$hil" loopback "$near?baud=9600&parity=even&stopbits=2" --bytes 8Ki
check "8250: packets" echoing_8250 115200 "$hil" loopback "$near?baud=115200" --packets --bytes 16Ki
check "8250: the settings are read back" settings_are_read_back
check "8250: all is off the wire at the end" all_is_sent
check "8250: a rate above the UART's is refused" says 'not supported' 8 "$hil" loopback "$near?baud=1M" --bytes 16
check "8250: lines and counts, and a wait for changes of them" \
    timeout 60 "$root/.build/release/SerialProbe" steady "$near"
