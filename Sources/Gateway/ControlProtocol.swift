/// What the command line and the running gateway say to each other: one JSON object a line over a Unix socket in
/// the data folder. The pipeline stays the only writer.
import EstateModel
import Rules
import Tickets

public enum ControlRequest: Codable, Sendable {
  /// A person's step on a ticket.
  case ticket(String, TicketCommand.Step, by: String, via: TicketEvent.Source = .commandLine)
  case suppress(Suppression.Order, by: String)
  case endSuppression(String, by: String)
  /// Every alarm and ticket step from now on, a line each.
  case watch
  case explain(rule: String, device: String)
  case status
  /// Sends a message of the outbox once more, by its number.
  case resend(Int64)
  /// Reads the configuration again. The answer comes when it has been taken over or refused.
  case reload(by: String)
}

public enum ControlReply: Codable, Sendable {
  case ticket([TicketEvent])
  case suppression(Suppression)
  case explanation(RuleEngine.Explanation)
  case status(GatewayStatus)
  /// The first line of a watch.
  case watching
  case step(GatewayStep)
  case refused(String)
  /// The message's key.
  case resent(String)
  case reloaded(ReloadReport)
}

/// What subscribers are told, after the commit.
public enum GatewayStep: Codable, Sendable {
  case alarm(AlarmTransition)
  case ticket(TicketEvent, Ticket)
}
