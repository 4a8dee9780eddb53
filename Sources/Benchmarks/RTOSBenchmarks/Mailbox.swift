import BoostPeer
import PairedBenchmarks
import RTOS
import Synchronization

func registerMailbox() {
    for capacity in [16, 64, 1024] {
        Contest(
            name: "Zero-copy mailbox 1:1, \(capacity) blocks", peerName: "boost queue", target: "≥ 1.5",
            ours: { count in timeMailbox(capacity: capacity, count: count) },
            peer: { count in
                requireBoost()
                return boost_mailbox_time(capacity, blockSize, count, Places.pairs(1))
            }
        ).register()
    }
}

private let blockSize = 64

/// Boost's figures cannot be had without boost.
func requireBoost() {
    guard boost_peer_is_installed() == 0 else { return }
    fatalError("boost is not installed: run scripts/setup bench, and build again")
}

/// Nanoseconds for so many blocks; 0 if one was lost, repeated or out of order.
private func timeMailbox(capacity: Int, count: UInt64) -> UInt64 {
    guard let mailbox = try? ZeroCopyMailbox(blockSize: blockSize, capacity: capacity, alignment: 64) else { return 0 }
    let hasFailed = Atomic(false)
    let time = timeCrew(on: Places.pairs(1)) { thread in
        // Nobody ends these waits.
        do throws(ZeroCopyMailbox.Failure) {
            if thread == 0 {
                for number in 0..<count {
                    var block = try mailbox.take()
                    block.address.storeBytes(of: number, as: UInt64.self)
                    block.count = 8
                    try mailbox.send(block)
                }
            } else {
                var isWrong = false
                for number in 0..<count {
                    let block = try mailbox.receive()
                    if block.count != 8 || block.address.load(as: UInt64.self) != number { isWrong = true }
                }
                if isWrong { hasFailed.store(true, ordering: .relaxed) }
            }
        } catch {
            fatalError("a wait was ended: \(error)")
        }
    }
    return hasFailed.load(ordering: .relaxed) ? 0 : time
}
