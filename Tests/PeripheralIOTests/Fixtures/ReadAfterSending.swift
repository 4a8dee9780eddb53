import PeripheralIO

func send(_ port: Peripheral) {
    let buffer = TransferBuffer(count: 4)
    let write = port.write(buffer)
    _ = buffer.count
    _ = write.wait()
}
