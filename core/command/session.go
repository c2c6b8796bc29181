package command

// Session is what the server remembers of one client's connection.
type Session struct {
	// ID is the number that CLIENT ID answers. It is never reused while the server runs.
	ID int64
	// Name is what CLIENT SETNAME gave, or empty.
	Name string
	// LibraryName and LibraryVersion are what CLIENT SETINFO gave, or empty.
	LibraryName, LibraryVersion string
	// Protocol is the version of RESP in which the client is answered: 2 or 3.
	Protocol int
	// Address is the client's end of the connection, LocalAddress the server's.
	Address, LocalAddress string
	// CreatedWall is when the connection was made, in Unix milliseconds.
	CreatedWall int64
	// ReadOnly lets a replica serve the client's reads (READONLY).
	ReadOnly bool
	// Asking lets the next command use a slot that is being imported (ASKING). The node clears it after that command.
	Asking bool
	// CloseAfterReply asks the node to close the connection once the replies written so far have left.
	CloseAfterReply bool
}

// reset brings the session back to how it was when the connection was made (RESET). The library stays known, since it
// is the same at the other end.
func (s *Session) reset() {
	s.Name = ""
	s.Protocol = 2
	s.ReadOnly, s.Asking = false, false
}
