import CFirmwareLoad
import CRTOSPeer
import Glibc
import PairedBenchmarks

/// Two tasks on a single core that notify each other in turn, against two threads and a futex on one processor.
func registerRoundTrips() {
    Contest(
        name: "C notification there and back, single core", peerName: "bare futex", target: "≤ 2.5",
        ours: { count in
            setenv("HIL_CPU", "single", 1)
            return firmware_round_trip_time(count)
        },
        peer: { bare_futex_round_trips($0, 0) }, comparesTimes: true
    ).register()
}
