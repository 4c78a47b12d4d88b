/// What the gateway tells Prometheus of itself.
import Foundation
import Gateway
import Store

struct Measurements {
  var status: GatewayStatus
  /// nil: the database isn't there yet.
  var kept: Kept?

  struct Kept {
    var databaseBytes: Int64
    var tickets: [GroupCount]
    var outbox: [GroupCount]

    init(_ reader: StoreReader) throws {
      databaseBytes = try reader.figures().size
      tickets = try reader.ticketCounts()
      outbox = try reader.outboxTotals()
    }
  }

  var text: String {
    var page = Exposition()
    addTraffic(to: &page)
    addState(to: &page)
    if let kept { Self.add(kept, to: &page) }
    ProcessFigures()?.add(to: &page)
    return page.text
  }

  private func addTraffic(to page: inout Exposition) {
    func count(_ name: String, _ help: String, _ value: Int) {
      page.add("gatehouse_" + name, .counter, help, Double(value))
    }
    count("messages_total", "Messages taken from the broker.", status.messages)
    count("readings_total", "Readings decoded.", status.readings)
    count("events_total", "Events decoded, such as those of cameras.", status.events)
    count("readings_repeated_total", "Readings that had been delivered before.", status.duplicates)
    page.add(
      "gatehouse_decode_failures_total", .counter, "What could not be used of a message, by reason.",
      status.problemsByReason.sorted { $0.key < $1.key }.map { ([("reason", $0.key)], Double($0.value)) })
    count("clock_steps_total", "Steps of the system's clock.", status.clockSteps)
    page.add(
      "gatehouse_commit_duration_seconds", "Time that the commit of a batch took.", status.commitLatency)
    page.add(
      "gatehouse_alert_latency_seconds",
      "From reading a message to the moment at which its alarm is kept and told.", status.alertLatency)
  }

  private func addState(to page: inout Exposition) {
    func gauge(_ name: String, _ help: String, _ value: Double) {
      page.add("gatehouse_" + name, .gauge, help, value)
    }
    gauge("ring_fill_ratio", "Part of the ring of waiting readings that is in use.", status.stagingFill)
    gauge("broker_connected", "1 while the link to the broker is up.", status.link == "connected" ? 1 : 0)
    gauge("caught_up", "1 when the broker holds nothing of before.", status.isCaughtUp ? 1 : 0)
    gauge("commit_failing", "1 while nothing can be kept.", status.commitFailure == nil ? 0 : 1)
    gauge("alarms_active", "Alarms that are active.", Double(status.activeAlarms))
    page.add(
      "gatehouse_devices", .gauge, "Devices of the catalogue, by whether they report.",
      [
        ([("state", "never-seen")], Double(status.neverSeen)),
        ([("state", "reporting")], Double(status.reporting)), ([("state", "silent")], Double(status.silent)),
      ])
  }

  private static func add(_ kept: Kept, to page: inout Exposition) {
    func samples(_ counts: [GroupCount], _ first: String, _ second: String) -> [([(String, String)], Double)]
    {
      counts.map { ([(first, $0.names[0]), (second, $0.names[1])], Double($0.count)) }
    }
    page.add("gatehouse_database_size_bytes", .gauge, "Size of the database.", Double(kept.databaseBytes))
    page.add(
      "gatehouse_tickets", .gauge, "Tickets by state and responsible party.",
      samples(kept.tickets, "state", "party"))
    page.add(
      "gatehouse_outbox_messages", .gauge, "Messages to people and programs, by channel and state.",
      samples(kept.outbox, "channel", "state"))
  }
}

/// This process as the system sees it, under the names that all of Prometheus' clients use.
struct ProcessFigures {
  private let statistics: [Substring]

  init?() {
    guard let data = FileManager.default.contents(atPath: "/proc/self/stat") else { return nil }
    let line = String(decoding: data, as: UTF8.self)
    // The program's name may hold spaces; the fields after it begin with the third.
    guard let end = line.lastIndex(of: ")") else { return nil }
    statistics = line[line.index(after: end)...].split(separator: " ")
    guard statistics.count > 21 else { return nil }
  }

  /// By its number in proc(5).
  private func field(_ number: Int) -> Double { Double(statistics[number - 3]) ?? 0 }

  func add(to page: inout Exposition) {
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    page.add(
      "process_cpu_seconds_total", .counter, "User and system time.", (field(14) + field(15)) / ticks)
    page.add(
      "process_resident_memory_bytes", .gauge, "Resident memory.",
      field(24) * Double(sysconf(Int32(_SC_PAGESIZE))))
    page.add("process_virtual_memory_bytes", .gauge, "Virtual memory.", field(23))
    if let start = Self.bootTime {
      page.add(
        "process_start_time_seconds", .gauge, "Start of the process since 1970.", start + field(22) / ticks)
    }
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    page.add("process_open_fds", .gauge, "Open file descriptors.", Double(open))
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      page.add("process_max_fds", .gauge, "File descriptors that may be open.", Double(limit.rlim_cur))
    }
    page.add("process_threads", .gauge, "Threads.", field(20))
  }

  private static var bootTime: Double? {
    guard let data = FileManager.default.contents(atPath: "/proc/stat") else { return nil }
    let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst(6)) }
  }
}
