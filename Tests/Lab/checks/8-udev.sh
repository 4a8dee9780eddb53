# The rules of udev/, carried out by the real udevd.
[ -e /run/udev/control ] || /lib/systemd/systemd-udevd --daemon
mkdir -p /run/udev/rules.d
cp "$root/udev/60-hilbridge.rules" /run/udev/rules.d/
udevadm control --reload

node_is() {
    udevadm settle
    stat -c '%a %G' "$1"
    [ "$(stat -c '%a %G' "$1")" = '660 dialout' ] && udevadm info "$1" | grep 'TAGS=.*:uaccess:'
}
chip_node() { printf '/dev/bus/usb/%03d/%03d' "$(cat "$1/busnum")" "$(cat "$1/devnum")"; }
chip_folder() { dirname "$(grep -ls 6014 /sys/bus/usb/devices/*/idProduct | head -1)"; }
latency_is_1() {
    local port
    port=$(basename "$(serial_port)")
    udevadm settle
    [ "$(cat "/sys/bus/usb-serial/devices/$port/latency_timer")" = 1 ]
}
rules_are_found() { "$hil" doctor --json | tee "$state/said" | grep -q kind; ! grep -e noRules -e udevIsNot -e latencyTimer "$state/said"; }

modprobe spidev
insmod "$work/modules/hil_spi_bench.ko"
wait_for test -e /dev/spidev0.2
check "udev: spidev nodes are the group's and the seat's" node_is /dev/spidev0.1
plug
wait_for serial_port
check "udev: FTDI chips are the group's and the seat's" node_is "$(chip_node "$(chip_folder)")"
check "udev: ftdi_sio holds nothing back" wait_for latency_is_1
check "hil doctor: rules, udevd and latency timers are well" rules_are_found
unplug
rmmod hil_spi_bench
rm /run/udev/rules.d/60-hilbridge.rules
