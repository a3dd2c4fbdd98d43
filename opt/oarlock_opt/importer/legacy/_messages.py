"""The protobuf messages of PaddlePaddle's legacy program files, built here so that PaddlePaddle is not needed.

The classes live in a descriptor pool of their own: PaddlePaddle registers its messages in protobuf's default pool, and
two descriptions of one message there would clash. Numbers and kinds of the fields are those of the format; what nothing
here reads (the map of operator versions, distributed attributes) is not listed.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["AttrType", "DataType", "ProgramDesc", "ScalarType", "TensorDesc"]

_PACKAGE = "oarlock.paddle"

_ENUMS: dict[str, dict[str, int]] = {
    "AttrType": {
        "INT": 0, "FLOAT": 1, "STRING": 2, "INTS": 3, "FLOATS": 4, "STRINGS": 5, "BOOLEAN": 6, "BOOLEANS": 7,
        "BLOCK": 8, "LONG": 9, "BLOCKS": 10, "LONGS": 11, "FLOAT64S": 12, "VAR": 13, "VARS": 14, "FLOAT64": 15,
        "SCALAR": 16, "SCALARS": 17,
    },
    "ScalarType": {"BOOLEAN": 1, "LONG": 2, "FLOAT64": 3, "COMPLEX128": 4},
    "DataType": {
        "BOOL": 0, "INT16": 1, "INT32": 2, "INT64": 3, "FP16": 4, "FP32": 5, "FP64": 6, "DENSE_TENSOR": 7,
        "SELECTED_ROWS": 8, "FEED_MINIBATCH": 9, "FETCH_LIST": 10, "STEP_SCOPES": 11, "LOD_RANK_TABLE": 12,
        "DENSE_TENSOR_ARRAY": 13, "PLACE_LIST": 14, "READER": 15, "RAW": 17, "TUPLE": 18, "SIZE_T": 19, "UINT8": 20,
        "INT8": 21, "BF16": 22, "COMPLEX64": 23, "COMPLEX128": 24, "STRING": 25, "STRINGS": 26, "VOCAB": 27,
        "FEED_LIST": 28, "PSTRING": 29, "SPARSE_COO": 30, "SPARSE_CSR": 31, "FP8_E4M3FN": 32, "FP8_E5M2": 33,
        "UINT16": 36, "UINT32": 37, "UINT64": 38,
    },
}  # fmt: skip

# label kind name number, one field a line
_MESSAGES: dict[str, str] = {
    "Version": "optional int64 version 1",
    "Complex": """
        required double r 1
        required double i 2
        """,
    "Scalar": """
        required ScalarType type 1
        optional bool b 2
        optional int64 i 3
        optional double r 4
        optional Complex c 5
        """,
    "OpAttr": """
        required string name 1
        required AttrType type 2
        optional int32 i 3
        optional float f 4
        optional string s 5
        repeated int32 ints 6
        repeated float floats 7
        repeated string strings 8
        optional bool b 10
        repeated bool bools 11
        optional int32 block_idx 12
        optional int64 l 13
        repeated int32 blocks_idx 14
        repeated int64 longs 15
        repeated double float64s 16
        optional string var_name 17
        repeated string vars_name 18
        optional double float64 19
        optional Scalar scalar 20
        repeated Scalar scalars 21
        """,
    "OpSlot": """
        required string parameter 1
        repeated string arguments 2
        """,
    "OpDesc": """
        repeated OpSlot inputs 1
        repeated OpSlot outputs 2
        required string type 3
        repeated OpAttr attrs 4
        optional bool is_target 5
        """,
    "TensorDesc": """
        required DataType data_type 1
        repeated int64 dims 2
        """,
    "DenseTensorDesc": """
        required TensorDesc tensor 1
        optional int32 lod_level 2
        """,
    "VarType": """
        required DataType type 1
        optional DenseTensorDesc dense_tensor 3
        """,
    "VarDesc": """
        required string name 1
        required VarType type 2
        optional bool persistable 3
        optional bool need_check_feed 4
        """,
    "BlockDesc": """
        required int32 idx 1
        required int32 parent_idx 2
        repeated VarDesc vars 3
        repeated OpDesc ops 4
        optional int32 forward_block_idx 5
        """,
    "ProgramDesc": """
        repeated BlockDesc blocks 1
        optional Version version 4
        """,
}

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL, "int32": _Field.TYPE_INT32, "int64": _Field.TYPE_INT64, "float": _Field.TYPE_FLOAT,
    "double": _Field.TYPE_DOUBLE, "string": _Field.TYPE_STRING,
}  # fmt: skip
_LABELS = {
    "optional": _Field.LABEL_OPTIONAL,
    "required": _Field.LABEL_REQUIRED,
    "repeated": _Field.LABEL_REPEATED,
}


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="oarlock/paddle.proto", package=_PACKAGE, syntax="proto2")
    for enum_name, values in _ENUMS.items():
        enum = file.enum_type.add(name=enum_name)
        for value_name, value in values.items():
            # Values share a scope with the messages, hence the prefix.
            enum.value.add(name=f"{enum_name}_{value_name}", number=value)
    for message_name, lines in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for line in lines.strip().splitlines():
            label, kind, field_name, number = line.split()
            field = message.field.add(name=field_name, number=int(number), label=_LABELS[label])
            if kind in _SCALARS:
                field.type = _SCALARS[kind]
            else:
                field.type = _Field.TYPE_ENUM if kind in _ENUMS else _Field.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}"
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.AddSerializedFile(_file().SerializeToString())


# All of them at once, and kept: protobuf before 4.25 crashes on a nested message whose class nobody has asked for.
_CLASSES: dict[str, Any] = {
    name: message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
}

AttrType = _ENUMS["AttrType"]
DataType = _ENUMS["DataType"]
ScalarType = _ENUMS["ScalarType"]

ProgramDesc = _CLASSES["ProgramDesc"]
TensorDesc = _CLASSES["TensorDesc"]
