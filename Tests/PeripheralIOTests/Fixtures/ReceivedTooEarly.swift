import PeripheralIO

func exchange(_ port: Peripheral) {
    let received = TransferBuffer(count: 4)
    let write = port.exchange(TransferBuffer(count: 4), into: received)
    _ = received.count
    _ = write.wait()
}
