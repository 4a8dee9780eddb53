import CUMockdev

/// Does something later, once, on umockdev's thread.
enum WorkerTimer {
    private final class Action {
        let body: () -> Void

        init(_ body: @escaping () -> Void) {
            self.body = body
        }
    }

    /// To be called on umockdev's thread.
    static func start(milliseconds: UInt32, _ body: @escaping () -> Void) {
        guard let source = g_timeout_source_new(milliseconds) else { return }
        g_source_set_callback(
            source,
            { data in
                data.map { Unmanaged<Action>.fromOpaque($0).takeUnretainedValue() }?.body()
                return 0
            }, Unmanaged.passRetained(Action(body)).toOpaque(),
            { data in data.map { Unmanaged<Action>.fromOpaque($0).release() } })
        g_source_attach(source, g_main_context_get_thread_default())
        g_source_unref(source)
    }
}
