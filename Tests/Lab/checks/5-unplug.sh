# The cable is pulled in the middle of each kind of transfer: every one ends with "device lost".
pulled_during() {
    plug
    local status=0 url=$2
    [ "$url" = serial ] && wait_for serial_port && url="$(serial_port)?baud=115200"
    set -- "$1" "$url" "${@:3}"
    timeout 60 "$hil" "$@" > "$state/transfer" 2>&1 < <(sleep 50) &
    local transfer=$!
    wait_for has_open "$transfer" 'bus/usb\|ttyUSB'
    sleep 3
    pull
    wait "$transfer" || status=$?
    cat "$state/transfer"
    unplug
    [ "$status" -eq 7 ] || {
        echo "status $status, not 7"
        return 1
    }
}
check "unplugged during SPI" pulled_during loopback ftdi://ftdi:232h/1 --seconds 50
check "unplugged during SPI packets" pulled_during loopback ftdi://ftdi:232h/1 --packets --seconds 50
check "unplugged during UART" pulled_during loopback 'ftdi://ftdi:232h/1?baud=115200' --seconds 50
check "unplugged while pins are driven" pulled_during gpio ftdi://ftdi:232h/1 8=1
check "unplugged while nothing is on its way" pulled_during uart 'ftdi://ftdi:232h/1?baud=115200'
check "unplugged during ftdi_sio" pulled_during loopback serial --seconds 50

# The port comes back under another name while the old one is open, and is found by its serial number.
followed() {
    plug
    wait_for serial_port
    local before
    before=$(serial_port)
    timeout 120 "$root/.build/release/SerialProbe" reopen "$before?baud=115200" > "$state/reopened" 2>&1 &
    local probe=$! status=0
    wait_for grep -q open "$state/reopened"
    unplug
    plug
    wait "$probe" || status=$?
    cat "$state/reopened"
    [ "$(tail -1 "$state/reopened")" = "$(serial_port)" ] || status=1
    unplug
    return $status
}

# A URL by bus and address leads to what has that address; the chip gets another one, and is found all the same.
followed_by_url() {
    plug
    local url
    url=$("$hil" list | sed -n 's/^\(ftdi:[^ ]*:232h:[^ ]*\) .*/\1/p')
    timeout 120 "$root/.build/release/SerialProbe" reopen "$url?uart" > "$state/reopened" 2>&1 &
    local probe=$! status=0
    wait_for grep -q open "$state/reopened"
    unplug
    plug
    wait "$probe" || status=$?
    cat "$state/reopened"
    tail -1 "$state/reopened" | grep -q '^ftdi://' || status=1
    unplug
    return $status
}

# So it is by a command.
followed_by_command() {
    plug
    local url
    url=$("$hil" list | sed -n 's/^\(ftdi:[^ ]*:232h:[^ ]*\) .*/\1/p')
    timeout 120 "$hil" spi "$url" -q 010203 x1000 --delay 5ms --reconnect > "$state/transfer" 2> "$state/lost" &
    local transfer=$! status=0
    wait_for test -s "$state/transfer"
    unplug
    plug
    wait "$transfer" || status=$?
    cat "$state/lost"
    grep -q 'back$' "$state/lost" || status=1
    [ "$(grep -c '^01 02 03$' "$state/transfer")" -eq 1000 ] || status=1
    unplug
    return $status
}
check "unplugged and plugged in again: found by its serial number" followed
check "an FTDI chip, too" followed_by_url
check "and by hil spi --reconnect, under its new address" followed_by_command
