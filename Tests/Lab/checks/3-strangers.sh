# Programs that nobody here wrote, on the chip with a flash on its pins.
head -c 2097152 /dev/urandom > "$state/image"
cp "$state/image" "$state/flash"
plug --flash "$state/flash"

flash() { flashrom -p ft2232_spi:type=232H,divisor=2 "$@"; }

write_half() {
    # One sector differs, so that erase, program and verify are all gone through.
    cp "$state/image" "$state/changed"
    head -c 4096 /dev/urandom | dd of="$state/changed" bs=4096 seek=17 conv=notrunc
    flash -w "$state/changed" && cmp "$state/flash" "$state/changed"
}

check "flashrom finds the flash" flash --flash-name
check "flashrom reads its 2 MiB" bash -c "$(declare -f flash); flash -r '$state/read' && cmp '$state/read' '$state/image'"
check "flashrom erases, writes and verifies" write_half
check "pyftdi and pyspiflash read its ID and a block" \
    "$work/python/bin/python" "$root/Tests/Lab/read_flash.py" "$state/flash"
unplug
