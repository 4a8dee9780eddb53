/// Says what on the machine stands in the way of a device, or of any.
public enum Doctor {
    /// What is to be mended, the most general first; nothing when all is well.
    ///
    /// - Parameters:
    ///   - address: the device; nil looks at all there are.
    ///   - root: where the machine's files (/etc, /run, /usr) lie; empty for the machine that this runs on.
    public static func findings(for address: DeviceAddress?, root: String = "") -> [Finding] {
        findings(in: DoctorFacts(address, root: root))
    }

    /// The shortest a port of `ftdi_sio` can hold bytes back, in milliseconds.
    private static let shortestLatency = 1

    static func findings(in facts: DoctorFacts) -> [Finding] {
        var findings: [Finding] = []
        func find(_ kind: Finding.Kind, _ device: String?, _ problem: String, _ cure: String) {
            findings.append(Finding(kind: kind, device: device, problem: problem, cure: cure))
        }
        for device in facts.unboundSPI {
            let folder = "/sys/bus/spi"
            find(
                .spidevIsNotBound, device, "the SPI device \(device) has no driver, and so no node",
                """
                echo spidev | sudo tee \(folder)/devices/\(device)/driver_override && \
                echo \(device) | sudo tee \(folder)/drivers/spidev/bind
                """)
        }
        if let asked = facts.asked, facts.devices.isEmpty, facts.unboundSPI.isEmpty {
            find(.noSuchDevice, asked, "there is no such device", "plug it in; hil list shows what is there")
        }
        if !facts.udevIsRunning {
            find(
                .udevIsNotRunning, nil, "udevd is not running: nobody gives nodes their permissions and links",
                "sudo systemctl start systemd-udevd")
        }
        if !facts.hasRules {
            find(
                .noRules, nil, "the udev rules are not installed: FTDI chips and SPI nodes are root's alone",
                """
                sudo install -m 644 udev/\(DoctorFacts.rulesFile) /etc/udev/rules.d/ && \
                sudo udevadm control --reload && sudo udevadm trigger
                """)
        }
        for device in facts.devices {
            if !device.isPermitted {
                find(.noPermission, device.url, "the present user may not open it", device.permissionCure)
            }
            if let driver = device.ftdiDriver, let path = device.usbPath {
                find(
                    .heldByDriver, device.url, "the kernel's driver \(driver) has the interface",
                    "echo \(path) | sudo tee /sys/bus/usb/drivers/\(driver)/unbind")
            }
            if let holder = device.holder {
                find(.heldByProcess, device.url, "in use by \(holder)", "kill \(holder.process)")
            }
            if let timer = device.latencyTimer, timer.milliseconds > shortestLatency {
                find(
                    .latencyTimer, device.url,
                    "its latency timer holds back what comes in for \(timer.milliseconds) ms",
                    "echo \(shortestLatency) | sudo tee \(timer.path)")
            }
        }
        if let size = facts.bufferSize, size <= SPIDevOpening.defaultBufferSize {
            find(
                .smallBuffer, nil,
                "spidev takes \(size) bytes a request (bufsiz): long transfers are many requests, and other programs fail",
                """
                echo 'options spidev bufsiz=65536' | sudo tee /etc/modprobe.d/spidev.conf && \
                sudo modprobe -r spidev && sudo modprobe spidev
                """)
        }
        if !facts.hasRealTime {
            find(
                .noRealTime, nil, "no real-time priority: a busy machine delays the completion of transfers",
                "echo '@dialout - rtprio 99' | sudo tee /etc/security/limits.d/hilbridge.conf, and log in again")
        }
        return findings
    }
}
