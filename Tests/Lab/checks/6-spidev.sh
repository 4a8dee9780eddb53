# The kernel's spidev and SPI core, on a controller of the lab's own (modules/hil_spi_bench.c).
probe=$root/.build/release/SPIDevProbe
parameters=/sys/module/hil_spi_bench/parameters
tracing=/sys/kernel/tracing
modprobe spidev
insmod "$work/modules/hil_spi_bench.ko"
wait_for test -e /dev/spidev0.2
mountpoint -q "$tracing" || mount -t tracefs tracefs "$tracing"

# with PARAMETER VALUE COMMAND …: with a parameter of the module set meanwhile.
with() {
    local file=$parameters/$1 status=0
    echo "$2" > "$file"
    shift 2
    "$@" || status=$?
    echo 0 > "$file"
    return $status
}

# The kernel's own record: between one edge of chip select and the next all messages of the frame. What is set up before
# releases chip select, too.
one_frame() {
    echo > "$tracing/trace"
    echo 1 > "$tracing/events/spi/spi_set_cs/enable"
    echo 1 > "$tracing/events/spi/spi_transfer_start/enable"
    "$probe" /dev/spidev0.0 frame 1
    echo 0 > "$tracing/events/spi/enable"
    awk '/spi_set_cs.* activate/ { frames++; inside = 1 }
        /spi_set_cs.* deactivate/ { inside = 0 }
        /spi_transfer_start/ { if (inside) transfers++; else strays++ }
        END { print frames, transfers, strays + 0; exit !(frames == 2 && transfers == 512 && strays == 0) }' \
        "$tracing/trace"
}

# Eight segments are one message to the kernel.
one_message() {
    echo > "$tracing/trace"
    echo 1 > "$tracing/events/spi/spi_message_submit/enable"
    "$probe" /dev/spidev0.0 segments 1
    echo 0 > "$tracing/events/spi/spi_message_submit/enable"
    # One to try, and 500 before it to warm up.
    [ "$(grep -c spi_message_submit "$tracing/trace")" -eq 501 ]
}

check "spidev: listed" says '/dev/spidev0.1 .*driver spidev' 0 "$hil" list
check "spidev: what goes out comes back" "$hil" loopback /dev/spidev0.0 --bytes 1Mi
check "spidev: packets" "$hil" loopback /dev/spidev0.0 --packets --bytes 64Ki
check "spidev: mode 3, LSB first, 16-bit words" \
    "$hil" loopback '/dev/spidev0.0?mode=3&order=lsb&bits=16&cspol=high' --bytes 64Ki
check "spidev: two data lines" says '2 lanes\|errors  *none' 0 "$hil" loopback '/dev/spidev0.0?tx=2' --bytes 16Ki
check "spidev: delays around chip select" "$hil" loopback '/dev/spidev0.0?cssetup=2000&cshold=3000&worddelay=1' --bytes 4Ki
check "spidev: 1 MiB is one frame to the kernel" one_frame
check "spidev: eight segments are one message to the kernel" one_message
check "spidev: a rate above the device's is told" says ' 1 MHz in force' 0 "$hil" loopback '/dev/spidev0.2?speed=20M' --bytes 4Ki
check "spidev: a rate below the controller's is refused" says 'refuses' 8 "$hil" loopback '/dev/spidev0.0?speed=100' --bytes 16
check "spidev: no four data lines" says '4 lanes' 8 "$hil" loopback '/dev/spidev0.0?tx=4' --bytes 16
check "spidev: no 3-wire" says '3-wire' 8 "$hil" loopback '/dev/spidev0.0?wires=3' --bytes 16
check "spidev: no words of 12 bits" says '12 bits' 8 "$hil" loopback '/dev/spidev0.0?bits=12' --bytes 16
check "spidev: an error of the controller is one line" with inject 110 \
    says 'SPI_IOC_MESSAGE' 8 "$hil" loopback /dev/spidev0.0 --bytes 16Ki
check "spidev: a controller's own limit is told" with max_transfer 1024 \
    says 'chunk=' 8 "$hil" loopback /dev/spidev0.0 --bytes 16Ki
check "spidev: and kept to when told" with max_transfer 1024 \
    "$hil" loopback '/dev/spidev0.0?chunk=1024' --bytes 64Ki

# Another chip select of a controller in use is in use.
busy() {
    timeout 60 "$hil" loopback /dev/spidev0.0 --seconds 50 > /dev/null &
    local user=$! status=0
    wait_for has_open "$user" spidev0.0
    says 'in use by hil' 5 "$hil" loopback /dev/spidev0.2 --bytes 16 || status=1
    kill -INT "$user"
    wait "$user"
    return $status
}
check "spidev: one process has the whole controller" busy

# Programs that nobody here wrote, on the same nodes.
head -c 2097152 /dev/urandom > "$state/spi-image"
flash_linux() { flashrom -p linux_spi:dev=/dev/spidev0.1,spispeed=20000 "$@"; }
check "flashrom writes the flash by linux_spi, and verifies" flash_linux -w "$state/spi-image"
whole_flash() { "$probe" /dev/spidev0.1 flash 0 2097152 > "$state/spi-read" && cmp "$state/spi-read" "$state/spi-image"; }
check "spidev: 2 MiB of flash under one chip select" whole_flash
check "python spidev reads the flash's ID" /usr/bin/python3 -c '
import spidev
flash = spidev.SpiDev(0, 1)
assert flash.xfer2([0x9F, 0, 0, 0])[1:] == [0xEF, 0x40, 0x15]'
pipe() { printf 'sixteen bytes or' | spi-pipe -d /dev/spidev0.0 -b 16 | grep -q 'sixteen bytes or'; }
check "spi-pipe" pipe
settings() { spi-config -d /dev/spidev0.0 -m 2 && "$hil" loopback '/dev/spidev0.0?mode=1' --bytes 64 && spi-config -d /dev/spidev0.0 -q | grep -q 'mode=2'; }
check "spidev: what spi-config set is there again after us" settings

# The device goes while it is in use, and comes back.
unbind() { echo "spi${1:-0.0}" > /sys/bus/spi/drivers/spidev/unbind; }
bind() {
    local chip=${1:-0.0}
    echo spidev > "/sys/bus/spi/devices/spi$chip/driver_override"
    echo "spi$chip" > /sys/bus/spi/drivers/spidev/bind
    wait_for test -e "/dev/spidev$chip"
}
unbound_during() {
    local status=0
    timeout 60 "$hil" loopback /dev/spidev0.0 --seconds 50 "$@" > "$state/transfer" 2>&1 &
    local transfer=$!
    wait_for has_open "$transfer" spidev0.0
    sleep 2
    unbind
    wait "$transfer" || status=$?
    cat "$state/transfer"
    bind
    [ "$status" -eq 7 ]
}
check "unplugged during spidev" unbound_during
check "unplugged during spidev packets" unbound_during --packets

# With --reconnect they wait until it is back.
transactions_go_on() {
    timeout 120 "$hil" spi /dev/spidev0.0 -q 010203 x1000 --delay 5ms --reconnect \
        > "$state/transfer" 2> "$state/lost" &
    local transfer=$! status=0
    wait_for test -s "$state/transfer"
    unbind
    wait_for grep -q 'waiting until it is back' "$state/lost"
    bind
    wait "$transfer" || status=$?
    cat "$state/lost"
    [ "$status" -eq 0 ] && grep -q 'spidev0.0: back' "$state/lost" &&
        [ "$(grep -c '^01 02 03$' "$state/transfer")" -eq 1000 ]
}
soak_goes_on() {
    local status=0
    timeout 120 "$hil" loopback /dev/spidev0.0 --for 15s --reconnect --json > "$state/report" &
    local soak=$!
    wait_for has_open "$soak" spidev0.0
    sleep 2
    unbind
    sleep 3
    bind
    wait "$soak" || status=$?
    cat "$state/report"
    # What came before and after is good; the one loss is told.
    [ "$status" -eq 7 ] && grep -q '"failureCount" : 1,' "$state/report" && grep -q '"errors" : 0,' "$state/report"
}
programmer_goes_on() {
    "$hil" serprog /dev/spidev0.1 --listen 127.0.0.1:4001 --reconnect > "$state/programmer" 2>&1 &
    local programmer=$! status=0
    wait_for grep -q 'use it with' "$state/programmer"
    flashrom -p serprog:ip=127.0.0.1:4001 --flash-name || status=1
    unbind 0.1
    sleep 1
    bind 0.1
    flashrom -p serprog:ip=127.0.0.1:4001 --flash-name || status=1
    kill -INT "$programmer"
    wait "$programmer" || status=1
    cat "$state/programmer"
    return $status
}
check "hil spi --reconnect does the transaction again" transactions_go_on
check "hil loopback --reconnect waits for the device" soak_goes_on
check "hil serprog --reconnect has the device for the next client" programmer_goes_on

watched() {
    "$hil" list --watch > "$state/watched" &
    local watcher=$! status=0
    wait_for grep -q '/dev/spidev0.0' "$state/watched"
    unbind
    wait_for grep -q '^- /dev/spidev0.0' "$state/watched" || status=1
    bind
    wait_for grep -q '^+ /dev/spidev0.0' "$state/watched" || status=1
    kill "$watcher"
    wait "$watcher"
    cat "$state/watched"
    return $status
}
check "hil list --watch follows" watched

# The doctor's line is carried out as it stands.
mended() {
    unbind
    echo > /sys/bus/spi/devices/spi0.0/driver_override
    says 'no driver' 9 "$hil" doctor /dev/spidev0.0
    eval "$(grep -A 1 'has no driver' "$state/said" | tail -1 | sed 's/sudo //g')"
    wait_for test -e /dev/spidev0.0
}
check "hil doctor: how to bind spidev" mended
check "hil doctor: bufsiz" says 'bufsiz' 9 "$hil" doctor /dev/spidev0.0

# The median of ratios to a minimal loop in C, in turn; only ratios mean anything here.
ratio() {
    local name=$1 count=$2 least=$3 ours theirs round
    : > "$state/ratios"
    for ((round = 0; round < 5; round++)); do
        ours=$("$probe" /dev/spidev0.0 "$name" "$count") || return 1
        theirs=$("$work/spidev_loop" /dev/spidev0.0 "$name" "$count") || return 1
        awk "BEGIN { print $theirs / $ours }" >> "$state/ratios"
    done
    say "$(printf 'figure  spidev %s: %.2f of the C loop'"'"'s rate (aim %.2f)' "$name" "$(median < "$state/ratios")" "$least")"
}
for figure in "words 30000 0.95" "segments 6000 2" "frame 40 0.98"; do
    # shellcheck disable=SC2086
    ratio $figure || failed=$((failed + 1))
done
rmmod hil_spi_bench
check "the controller is gone, and its nodes" ends_with 3 "$hil" loopback /dev/spidev0.0 --bytes 16
