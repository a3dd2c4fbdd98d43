/* The Python data symbols that lite.so of the PyPI wheel wants resolved when it is loaded.
 *
 * The library holds a Python extension module beside the engine. Functions are bound when they are called, which
 * Oarlock never causes, but data must be there at once. In a process without Python the core opens this library, with
 * global visibility, before the engine; nothing ever reads these bytes. */
#define PLACEHOLDER(name) __attribute__((visibility("default"))) void* name[64]

PLACEHOLDER(PyBaseObject_Type);
PLACEHOLDER(PyCFunction_Type);
PLACEHOLDER(PyCapsule_Type);
PLACEHOLDER(PyDict_Type);
PLACEHOLDER(PyExc_BufferError);
PLACEHOLDER(PyExc_ImportError);
PLACEHOLDER(PyExc_IndexError);
PLACEHOLDER(PyExc_MemoryError);
PLACEHOLDER(PyExc_OverflowError);
PLACEHOLDER(PyExc_RuntimeError);
PLACEHOLDER(PyExc_SystemError);
PLACEHOLDER(PyExc_TypeError);
PLACEHOLDER(PyExc_ValueError);
PLACEHOLDER(PyFloat_Type);
PLACEHOLDER(PyInstanceMethod_Type);
PLACEHOLDER(PyModule_Type);
PLACEHOLDER(PyProperty_Type);
PLACEHOLDER(PyType_Type);
PLACEHOLDER(_Py_FalseStruct);
PLACEHOLDER(_Py_NoneStruct);
PLACEHOLDER(_Py_NotImplementedStruct);
PLACEHOLDER(_Py_TrueStruct);
