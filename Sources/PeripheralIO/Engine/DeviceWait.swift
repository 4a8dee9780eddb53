import RTOS

/// Callers that wait inside the device, and what becomes of tasks that are deleted meanwhile.
extension TransferEngine {
    /// Which side of the device a caller has in hand.
    enum Side: Int, CaseIterable {
        case transmit
        case receive
    }

    func signal(for side: Side) -> EventDescriptor {
        side == .transmit ? transmitCallerSignal : receiveCallerSignal
    }

    /// Sleeps in the device. One that cannot be waited for has ended, for everybody.
    ///
    /// The task is not stopped here, where it has the device in hand.
    ///
    /// - Throws: `cancelled` for a task that is to end: it gives back what it has in hand, and then does.
    func waitInDevice(
        for interest: Readiness, until deadline: MonotonicTime, at side: Side
    ) throws(PeripheralError) -> Readiness {
        let task = RTOSTask.current
        state.withLock { $0.callers[side.rawValue] = task }
        defer { state.withLock { $0.callers[side.rawValue] = nil } }
        // Who orders its end from here on finds it in the state.
        if task.isToEnd { throw .cancelled }
        let ready: Readiness
        do throws(PeripheralError) {
            ready = try RTOSTask.withoutBeingStopped { () throws(PeripheralError) in
                try sleep(for: interest, until: deadline, signal(for: side))
            }
        } catch {
            end(with: error)
            throw error
        }
        if ready.contains(.event) {
            // For the next wait, unless it is to rouse everybody from now on.
            state.withLock { if $0.ended == nil { signal(for: side).reset() } }
        }
        if task.isToEnd { throw .cancelled }
        RTOSTask.stopIfOrdered()
        return ready
    }

    private func sleep(
        for interest: Readiness, until deadline: MonotonicTime, _ signal: EventDescriptor
    ) throws(PeripheralError) -> Readiness {
        // It is a call to the host, unless the device lives in the kernel's own time.
        if facts.kernel != nil { return try driver.wait(for: interest, until: deadline, event: signal) }
        return try Kernel.hostCall { () throws(PeripheralError) in
            try driver.wait(for: interest, until: deadline, event: signal)
        }
    }

    /// A task has been deleted, and is to come out of the device.
    func taskIsToEnd(_ task: RTOSTask) {
        for side in Side.allCases {
            let isCaller = state.withLock { $0.callers[side.rawValue] == task }
            if isCaller { signal(for: side).signal() }
        }
    }

    /// A task has ended: what it held is free, and where it waited others go on.
    func taskEnded(_ task: RTOSTask) {
        update { state in
            for reason in EngineState.WaitReason.allCases { state.dequeue(task, for: reason) }
            // It may have been woken for its turn.
            if state.channelIsFree { state.wakeFirst(waitingFor: .channel) }
            state.wake(state.writeMutex.taskEnded(task))
        }
    }
}
