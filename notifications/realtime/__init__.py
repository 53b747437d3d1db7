"""Sockets: each connection is a cursor into its inbox, and is told what lies beyond it.

consumers    a socket opens, talks, closes
connection   one socket: its cursor, and what to do when it is slow
wire         how bytes get onto a socket: the only part that knows the server
hub          all sockets of this process, and what they have to be told
listening    the doorbells that reach this process
reading      rows beyond the cursors → frames
routing      paths
"""
