# Serial ports on the kernel's own serial core, with modem lines, errors and RS-485 (modules/hil_null_modem.c).
insmod "$work/modules/hil_null_modem.ko"
wait_for test -e /dev/ttyHIL1

# echoing OPTIONS COMMAND …: with the far end sending back what it gets, set up by stty.
echoing() {
    local options=$1 status=0
    shift
    # shellcheck disable=SC2086
    stty -F /dev/ttyHIL1 raw -echo clocal cs8 -parenb -cstopb -crtscts $options
    cat < /dev/ttyHIL1 > /dev/ttyHIL1 &
    local echo=$!
    "$@" || status=$?
    kill "$echo"
    wait "$echo" 2> /dev/null
    return $status
}

restored() {
    stty -F /dev/ttyHIL0 9600 cs7 parenb -icanon
    local before
    before=$(stty -F /dev/ttyHIL0 -a)
    echoing 115200 "$hil" loopback '/dev/ttyHIL0?baud=115200' --bytes 1Ki || return
    [ "$before" = "$(stty -F /dev/ttyHIL0 -a)" ]
}

busy_port() {
    timeout 60 "$hil" uart /dev/ttyHIL0 > /dev/null < <(sleep 30) &
    local user=$! status=0
    wait_for has_open "$user" ttyHIL0
    says 'in use by hil' 5 "$hil" loopback /dev/ttyHIL0 --bytes 16 || status=1
    kill -INT "$user"
    wait "$user"
    return $status
}

check "tty: listed" sh -c "'$hil' list | grep -q '/dev/ttyHIL0 .*driver hil_null_modem'"
check "tty: 115200 baud" echoing 115200 "$hil" loopback '/dev/ttyHIL0?baud=115200' --bytes 16Ki
check "tty: 1 Mbaud, RTS and CTS" echoing '1000000 crtscts' "$hil" loopback '/dev/ttyHIL0?baud=1M&flow=hard' --bytes 64Ki
check "tty: even parity, two stop bits" \
    echoing '57600 parenb cstopb' "$hil" loopback '/dev/ttyHIL0?baud=57600&parity=even&stopbits=2' --bytes 8Ki
check "tty: packets" echoing 115200 "$hil" loopback '/dev/ttyHIL0?baud=115200' --packets --bytes 16Ki
check "tty: a rate that is on no list" sh -c "printf x | timeout 60 '$hil' uart '/dev/ttyHIL0?baud=123456' -x"
check "tty: the settings of before are back" restored
check "tty: RS-485 with delays, and off again" \
    echoing 115200 "$hil" loopback '/dev/ttyHIL0?baud=115200&rs485&rs485before=1&rs485after=2' --bytes 4Ki
check "tty: low latency" echoing 115200 "$hil" loopback '/dev/ttyHIL0?baud=115200&lowlatency' --bytes 4Ki
check "tty: RS-485 delays that the driver does not have" \
    says 'delays' 8 "$hil" loopback '/dev/ttyHIL0?rs485&rs485before=900' --bytes 16
check "tty: modem lines, breaks and framing errors are told" \
    timeout 60 "$root/.build/release/SerialProbe" /dev/ttyHIL0 /dev/ttyHIL1
check "tty: no other process meanwhile" busy_port

# received END: how many characters the kernel has received at this end.
received() { sed -n "s/^$1: .* rx:\([0-9]*\).*/\1/p" /proc/tty/driver/hil_null_modem; }
has_received() { [ "$(received "$1")" -ge "$2" ]; }

# Tio drops what the port does not take at once.
in_pieces() {
    local piece
    for piece in $(seq 0 31); do
        dd if="$1" bs=512 skip="$piece" count=1 status=none
        sleep 0.1
    done
}

# A stranger at the far end, both ways at once: what we send it logs, and what it sends we pass on. Both begin once both
# have opened their ends. Tio leaves at the end of its input, and has its log written only then.
beside_tio() {
    local status=0 expected
    head -c 65536 /dev/urandom > "$state/ours"
    head -c 16384 /dev/urandom > "$state/theirs"
    rm -f "$state/go" "$state/over"
    expected=$(($(received 1) + 65536))
    timeout 400 tio --no-autoconnect --mute --baudrate 1000000 --flow hard --log --log-file "$state/logged" \
        /dev/ttyHIL1 > /dev/null \
        < <(wait_for test -e "$state/go"; in_pieces "$state/theirs"; wait_for test -e "$state/over") &
    local tio=$!
    timeout 400 "$hil" uart '/dev/ttyHIL0?baud=1M&flow=hard' > "$state/passed" \
        < <(wait_for test -e "$state/go"; cat "$state/ours"; sleep 400) &
    local user=$!
    wait_for has_open "$tio" ttyHIL1
    wait_for has_open "$user" ttyHIL0
    touch "$state/go"
    wait_for cmp "$state/theirs" "$state/passed" || status=1
    wait_for has_received 1 "$expected" || status=1
    sleep 1
    touch "$state/over"
    wait "$tio" || status=1
    kill -INT "$user"
    wait "$user" || status=1
    cmp "$state/ours" "$state/logged" || status=1
    return $status
}
check "tty: tio at the far end, both ways, byte for byte" beside_tio
rmmod hil_null_modem
