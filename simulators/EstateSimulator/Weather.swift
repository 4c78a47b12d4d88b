/// The weather over all estates of a scenario.
import EstateModel
import Foundation

public struct Weather: Sendable {
  /// A period of rain, `rate` in millimetres an hour.
  public struct Rain: Sendable {
    public var from: Timestamp
    public var until: Timestamp
    public var rate: Double

    public init(from: Timestamp, until: Timestamp, rate: Double) {
      (self.from, self.until, self.rate) = (from, until, rate)
    }
  }

  /// Mean of the day, degrees Celsius.
  public var temperature: Double
  /// From the coldest to the warmest hour, kelvin.
  public var swing: Double
  /// Mean wind, metres a second.
  public var wind: Double
  public var rain: [Rain]

  public init(temperature: Double = 14, swing: Double = 12, wind: Double = 2, rain: [Rain] = []) {
    (self.temperature, self.swing, self.wind, self.rain) = (temperature, swing, wind, rain)
  }

  /// Coldest at 03:00, warmest at 15:00: a cosine is what one station's day comes down to.
  /// - Parameter hour: local, 0 ..< 24. - Returns: degrees Celsius.
  func temperature(atHour hour: Double) -> Double {
    temperature + swing / 2 * cos(2 * .pi * (hour - 15) / 24)
  }

  /// Millimetres an hour.
  func rainRate(at time: Timestamp) -> Double {
    rain.reduce(0) { $1.from <= time && time < $1.until ? $0 + $1.rate : $0 }
  }
}
