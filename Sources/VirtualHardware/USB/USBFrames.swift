import RTOS

/// The time grid of a bus: frames (microframes at high speed), and in each of them places for so many bulk packets,
/// which are counted through from the clock's beginning. A packet has crossed at the end of its place.
struct USBFrames: Sendable {
    let speed: USBSpeed

    private var packetTime: UInt64 { speed.frameTime / speed.packetsPerFrame }

    func time(ofSlot slot: UInt64) -> MonotonicTime {
        let (frame, place) = slot.quotientAndRemainder(dividingBy: speed.packetsPerFrame)
        return MonotonicTime(nanoseconds: frame * speed.frameTime)
            .advanced(byNanoseconds: (place + 1) * packetTime)
    }

    /// The first place whose packet has not crossed before `time`.
    func slot(notBefore time: MonotonicTime) -> UInt64 {
        let (frame, rest) = time.nanoseconds.quotientAndRemainder(dividingBy: speed.frameTime)
        let place = rest <= packetTime ? 0 : (rest + packetTime - 1) / packetTime - 1
        return frame * speed.packetsPerFrame + min(place, speed.packetsPerFrame)
    }

    /// The beginning of the first frame after `time`.
    func nextFrame(after time: MonotonicTime) -> MonotonicTime {
        MonotonicTime(nanoseconds: time.nanoseconds / speed.frameTime * speed.frameTime)
            .advanced(byNanoseconds: speed.frameTime)
    }

    /// The end of the frame in which `time` is.
    func frameEnd(notBefore time: MonotonicTime) -> MonotonicTime {
        time.nanoseconds % speed.frameTime == 0 ? time : nextFrame(after: time)
    }
}
