import CFirmwareLoad
import CRTOSPeer
import PairedBenchmarks

/// Two tasks of firmware on a core each, against the ideal ring.
func registerTransfers() {
    for size in [20, 123] {
        Contest(
            name: "C message buffer, \(size) B", peerName: "ideal ring", target: "≥ 0.3",
            ours: { firmware_message_time(capacity, size, $0, Places.pairs(1)) },
            peer: { ideal_ring_time(capacity, size, 1, $0, Places.pairs(1)) }
        ).register()
    }
    Contest(
        name: "C queue of pointers", peerName: "ideal ring", target: "≥ 0.02",
        ours: { firmware_queue_time(1024, $0, Places.pairs(1)) },
        peer: { ideal_ring_time(8192, 8, 0, $0, Places.pairs(1)) }
    ).register()
}

private let capacity = 65536
