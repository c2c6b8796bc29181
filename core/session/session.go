package session

// Session is one client's connection.
type Session struct {
	// ID is the number that CLIENT ID answers. It is never reused while the server runs.
	ID int64
	// Connection is the number under which the node finds the connection. It is reused once the connection has ended.
	Connection uint32
	// Name is what CLIENT SETNAME gave, or empty.
	Name string
	// LibraryName and LibraryVersion are what CLIENT SETINFO gave, or empty.
	LibraryName, LibraryVersion string
	// Protocol is the version of RESP in which the client is answered: 2 or 3.
	Protocol int
	// Address is the client's end of the connection, LocalAddress the server's.
	Address, LocalAddress string
	// Unix says that the client has come by a Unix socket, whose path and a port of 0 are its addresses then.
	Unix bool
	// TLS says that the client has come by TLS.
	TLS bool
	// CreatedWall is when the connection was made, and UsedWall when its last command came, in Unix milliseconds.
	CreatedWall, UsedWall int64
	// LastCommand is the full name of the last command that there was, or empty.
	LastCommand string
	// Authenticated says that the client may use every command.
	Authenticated bool
	// ReadOnly lets a replica serve the client's reads (READONLY).
	ReadOnly bool
	// Asking lets the next command, or transaction, use a slot that is being imported (ASKING). The node clears it after that.
	Asking bool
	// NoEvict and NoTouch are what CLIENT NO-EVICT and CLIENT NO-TOUCH have set.
	NoEvict, NoTouch bool
	// Monitor says that the client is shown every command.
	Monitor bool
	// CloseAfterReply asks the node to close the connection once the replies written so far have left.
	CloseAfterReply bool
	// Replies is what CLIENT REPLY has set.
	Replies ReplyMode
	// Transaction is where the client stands with MULTI.
	Transaction Transaction
	// Tracking is what CLIENT TRACKING has set.
	Tracking Tracking

	// subscriptions are the names to which the client listens, by kind.
	subscriptions [kinds]ordered[string, *channel]
	// watched are the keys that the client watches.
	watched ordered[string, watch]
	// retained is what the tables hold for the session, in bytes.
	retained int
}

// ReplyMode says which replies a client wants.
type ReplyMode uint8

const (
	// ReplyOn is how a connection begins: every command is answered.
	ReplyOn ReplyMode = iota
	// ReplyOff answers none.
	ReplyOff
	// ReplySkipNext leaves out the reply of the next command, ReplySkip that of this one.
	ReplySkipNext
	ReplySkip
)

// Muted reports whether the command being executed is not answered.
func (s *Session) Muted() bool { return s.Replies == ReplyOff || s.Replies == ReplySkip }

// NextReply moves the mode on behind a command.
func (s *Session) NextReply() {
	switch s.Replies {
	case ReplySkipNext:
		s.Replies = ReplySkip
	case ReplySkip:
		s.Replies = ReplyOn
	}
}

// Transaction is where a client stands with MULTI. The node holds the queued commands themselves.
type Transaction struct {
	// Open is set from MULTI to EXEC or DISCARD.
	Open bool
	// Failed says that a command could not be queued, so that EXEC will refuse.
	Failed bool
	// Changed says that a watched key has changed, so that EXEC will do nothing.
	Changed bool
	// Commands and Bytes are the size of the queue.
	Commands, Bytes int
}

// entryOverhead is what an entry of a table is counted beyond its name, in bytes.
const entryOverhead = 64

// Retained returns how many bytes the node has to remember for the session.
func (s *Session) Retained() int { return s.retained + s.Transaction.Bytes }

// Subscribed reports whether the client listens to anything.
func (s *Session) Subscribed() bool {
	return s.subscriptions[Channel].len()+s.subscriptions[Pattern].len()+s.subscriptions[ShardChannel].len() > 0
}

// Subscriptions returns how many names of a kind the client listens to.
func (s *Session) Subscriptions(kind Kind) int { return s.subscriptions[kind].len() }

// Watching returns how many keys the client watches.
func (s *Session) Watching() int { return s.watched.len() }
