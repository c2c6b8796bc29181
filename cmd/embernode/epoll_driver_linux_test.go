package main

func (d *epollDriver) openSockets() int { return d.connected }
