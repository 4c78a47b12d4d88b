// Debian's libmosquitto, by its public header only.
#include <mosquitto.h>
