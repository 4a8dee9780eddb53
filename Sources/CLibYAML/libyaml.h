// By a path that needs no search path of its own, so that whoever imports a module that imports this one needs none.
#include <yaml.h>
