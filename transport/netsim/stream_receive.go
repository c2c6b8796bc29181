package netsim

// receiveStream tells the process at one side of a connection what has arrived for it.
func (n *Network) receiveStream(d Delivery, o *occurrence) {
	switch o.kind {
	case onConnect, onAccept:
		n.receiveOpened(d, o)
	case onRead:
		n.receiveBytes(d, o)
	default:
		n.receiveClosed(d, o.connection, int(o.side), o.reason)
	}
}

func (n *Network) receiveOpened(d Delivery, o *occurrence) {
	number, side := o.connection, int(o.side)
	n.Discard(d)
	c := &n.connections[number]
	me := &c.ends[side]
	if me.endpoint == nil { // closed since
		return
	}
	me.announced = true
	me.endpoint.receiver.StreamOpened(streamID(number, c.generation, side), me.peer, side == acceptor)
}

// receiveBytes reads from a flow: some bytes, or its end.
func (n *Network) receiveBytes(d Delivery, o *occurrence) {
	number, side := o.connection, int(o.side)
	c := &n.connections[number]
	f := &c.flows[1-side]
	stale := o.ticket != f.ticket
	n.Discard(d)
	if stale {
		return
	}
	f.armed = false
	if !c.ends[side].takes() {
		return // closed or broken since: what has not been read is lost
	}
	length := min(f.admitted, maxRead)
	if length == 0 && f.ended {
		n.closed(number, side, nil)
		return
	}
	if draws := n.link(c.ends[1-side].host, c.ends[side].host).streams.At(n.scheduler.Now()); draws.Chance(n.streams.Split) {
		length = 1 + draws.IntN(length)
	}
	endpoint, id := c.ends[side].endpoint, streamID(number, c.generation, side)
	data := f.buffer[f.head : f.head+length : f.head+length]
	endpoint.receiver.StreamData(id, data)
	// The receiver may have opened streams, which moves the connections, or closed this one.
	c = &n.connections[number]
	if c.ends[side].takes() { // else nobody wants the rest
		c.flows[1-side].consume(length)
		n.arm(number, 1-side)
	}
	n.free(number)
}

// arm schedules the next read of a flow, if there is anything to read or under way.
func (n *Network) arm(number int32, sender int) {
	c := &n.connections[number]
	f := &c.flows[sender]
	side := 1 - sender
	if f.armed || !f.readable() && !f.underWay() || c.ends[side].state == endIdle || c.ends[side].gone() {
		return
	}
	f.armed = true
	l := n.link(c.ends[sender].host, c.ends[side].host)
	now := n.scheduler.Now()
	at := f.next(now)
	if draws := l.streams.At(now); draws.Chance(n.streams.Join) {
		at += l.latency(draws)
	}
	d, o := n.prepare(onRead)
	o.side, o.host = uint8(side), c.ends[side].host
	o.connection, o.generation, o.ticket = number, c.generation, f.ticket
	o.link = l
	n.scheduler.Schedule(at, d)
}

// receiveClosed tells a side that its stream is closed, unless it was told already.
func (n *Network) receiveClosed(d Delivery, number int32, side int, reason error) {
	n.Discard(d)
	n.closed(number, side, reason)
}

func (n *Network) closed(number int32, side int, reason error) {
	c := &n.connections[number]
	me := &c.ends[side]
	endpoint := me.endpoint
	if endpoint == nil {
		return
	}
	id := streamID(number, c.generation, side)
	me.state, me.endpoint = endClosed, nil
	endpoint.receiver.StreamClosed(id, reason)
	n.free(number)
}
