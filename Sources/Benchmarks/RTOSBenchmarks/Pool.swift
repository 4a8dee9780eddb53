import CMeasuring
import CRTOSPeer
import PairedBenchmarks
import RTOS

/// Taking a block and giving it back, with nobody else there, against a lock and unlock.
func registerPool() {
    guard let pool = try? MemoryPool(blockSize: 64, capacity: 16) else { return }
    Contest(
        name: "Pool, take and give back", peerName: "pthread lock", target: "≤ 1.4",
        ours: { count in
            let start = peer_now()
            for _ in 0..<count {
                guard let block = try? pool.take(.now) else { return 0 }
                block.giveBack()
            }
            return peer_now() - start
        },
        peer: { count in bare_lock_time(count) }, comparesTimes: true
    ).register()
}
