import PeripheralIO

func send(_ port: Peripheral) {
    let buffer = TransferBuffer(count: 4)
    let first = port.write(buffer)
    let second = port.write(buffer)
    _ = first.wait()
    _ = second.wait()
}
